# Users of the application, for layers that one of them is to be there for.

# system_user NAME HOME: no shell, and a group of its own.
system_user() {
  if id "$1" >/dev/null 2>&1; then
    unchanged "user $1"
  else
    useradd --system --user-group --home-dir "$2" --no-create-home --shell /usr/sbin/nologin "$1"
    changed "user $1"
  fi
}

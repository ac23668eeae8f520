# The layer app: the application's place on a guest. Its user, folders, env file, units, jobs and links.
library lib/units
library lib/timers

before_files() {
  # The user that the application runs as: no shell, no sudo, and no home that it could fill with code to run.
  if id app >/dev/null 2>&1; then
    unchanged "user app"
  else
    useradd --system --user-group --home-dir /var/lib/app --no-create-home --shell /usr/sbin/nologin app
    changed "user app"
  fi
  folder 0755 root:root /srv/app
  folder 0750 root:app /srv/app/releases
  folder 0750 app:app /var/lib/app
  folder 0750 app:app /var/cache/app
  wanted folders | while read -r path; do own_folder "$path"; done
}

# own_folder PATH: below the application's home, where it may have put a link in the place of anything: the application
# itself makes it, with no more rights than it has.
own_folder() {
  note folder "$1" "0750 app:app"
  if [ ! -L "$1" ] && [ -d "$1" ] && [ "$(stat -c '%a %U:%G' "$1")" = '750 app:app' ]; then
    unchanged "$1/"
    return
  fi
  [ ! -L "$1" ] || die "$1 is in the way: it is a link. Remove it, and deploy again."
  runuser -u app -- install -d -m 0750 -- "$1" || die "$1 cannot be made: something else is in its place"
  runuser -u app -- chmod 0750 -- "$1" || die "$1 is not the application's own; see: ls -ld $1"
  changed "$1/"
}

after_files() {
  symlink /usr/local/lib/pvestack/deploy_app.sh /usr/local/bin/deploy_app.sh
  if [ -e /etc/pvestack/services ]; then
    # /srv/app/backend and its like, as people know them.
    while read -r name folder _; do
      part=${name#app-}
      [ "$folder" = . ] || symlink "current/$folder" "/srv/app/${part%.service}"
    done </etc/pvestack/services
    while read -r name _; do unit "$name"; done </etc/pvestack/services
  fi
  wanted timers | while read -r name; do timer "$name"; done
  # A process that starts and dies again would otherwise pass for running.
  if [ -e /srv/app/current ]; then
    if /usr/local/bin/deploy_app.sh --health >"$work/health" 2>&1; then
      unchanged "the application answers"
    else
      cat "$work/health"
      die "the application does not run with what was just deployed"
    fi
  fi
}

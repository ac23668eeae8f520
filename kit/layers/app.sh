# The layer app: the application's place on a guest. Its user, folders, env file, units, jobs and links.
library lib/units
library lib/timers
library lib/users
library lib/put_back

before_files() {
  keep_files
  # The users that the application runs as and is built as: no shell, no sudo, and of neither's files the other one
  # can write any.
  system_user app /var/lib/app
  system_user app-build /var/cache/app-build
  folder 0755 root:root /srv/app
  folder 0755 root:root /srv/app/releases
  folder 0750 app:app /var/lib/app
  folder 0750 app:app /var/cache/app
  folder 0700 app-build:app-build /var/cache/app-build
  note tree /var/cache/app-build
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

is_wanted() { cut -f 1,2 "$work/manifest" | grep -qxF "$(printf '%s\t%s' "$1" "$2")"; }

# stop_leaving: units that are to leave end before others begin, which may have their ports.
stop_leaving() {
  sed -n 's/^unit\t\([^\t]*\).*/\1/p' "$work/before" | while read -r name; do
    if is_wanted file /etc/pvestack/services && services | cut -d ' ' -f 1 | grep -qxF "$name"; then continue; fi
    systemctl stop "$name" 2>/dev/null || true
  done
}

# leave_drop_ins: drop-ins and env files that are to leave do so before the units start that they are of, and the list of
# services before anybody asks whether they are well: an application without services is.
leave_drop_ins() {
  sed -n -e 's/^file\t\(\/etc\/systemd\/system\/[^\t]*\.d\/[^\t]*\).*/\1/p' \
    -e 's/^file\t\(\/srv\/app\/\.env[^\t]*\).*/\1/p' \
    -e 's/^file\t\(\/etc\/pvestack\/services\)\t.*/\1/p' "$work/before" | sort -u | while read -r path; do
    if is_wanted file "$path" || elsewhere "$(printf 'file\t%s' "$path")"; then continue; fi
    leave file "$path" '' </dev/null
  done
}

after_files() {
  symlink /usr/local/lib/pvestack/deploy_app.sh /usr/local/bin/deploy_app.sh
  stop_leaving
  leave_drop_ins
  if is_wanted file /etc/pvestack/services; then
    # /srv/app/backend and its like, as people know them.
    services | while read -r name folder _; do
      [ "$folder" = . ] || printf '%s %s\n' "$folder" "$(service_of "$name")"
    done | sort -u | while read -r folder part; do symlink "current/$folder" "/srv/app/$part"; done
    services | while read -r name _; do
      if awaits_build "$name"; then unit_of_next_release "$name"; else unit "$name"; fi
    done
  fi
  # A process that starts and dies again would otherwise pass for running.
  if [ -e /srv/app/current ]; then
    if /usr/local/bin/deploy_app.sh --health >"$work/health" 2>&1; then
      unchanged "the application answers"
    else
      cat "$work/health"
      does_not_run
    fi
  fi
  bodies_go
  wanted timers | while read -r name; do timer "$name"; done
  forget_before
}

# is_another_application: the release that is live came from another repository than that of now, and what the branch is
# at is another commit, so that a release of it follows. A repository that has only moved has the same commits.
is_another_application() {
  releases=/var/lib/pvestack/release
  live=$(readlink /srv/app/current) || return 1
  now=$(. /etc/pvestack/deploy.conf && printf '%s' "$repo")
  [ "$now" != "$(head -n 1 "$releases/source" 2>/dev/null)" ] || return 1
  head=$(/usr/local/bin/deploy_app.sh --head 2>/dev/null) || return 1
  [ -n "$head" ] && [ "$head" != "$(cat "$releases/releases/${live##*/}.commit" 2>/dev/null)" ]
}

# leave_to_release: the release that is live has no code of these services.
leave_to_release() {
  : >"$releases/releases/${live##*/}.parts"
  services | while read -r name _; do systemctl stop "$name" || true; done
  say waits "the services: for a release of the repository that the inventory names now; the one that was live is another application's"
}

# does_not_run: what was there before comes back, where anything was.
does_not_run() {
  if is_another_application; then
    leave_to_release
    return
  fi
  if [ ! -d "$kept" ]; then
    bodies_go
    die "the application does not run with what was just deployed"
  fi
  put_back
  bodies_go
  if /usr/local/bin/deploy_app.sh --health >"$work/health" 2>&1; then
    die "the application did not run with what was just deployed, so this is undone: it runs with what was there before. What was tried is in $state/tried. Mend the inventory, and deploy again."
  fi
  cat "$work/health"
  die "the application did not run with what was just deployed, so this is undone; but it does not run with what was there before, either. What was tried is in $state/tried."
}

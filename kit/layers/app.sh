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
  wanted folders | while read -r path; do folder 0750 app:app "$path"; done
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

# The new release is started once beside the old one, on other ports, so that one that does not start or answer
# costs nobody a request.
#
# Of instances one is tried. A worker is not: beside the old one it would do the same work.
#
# A trial is a service's own unit under another name, app-NAME-trial, so that it has the same sandbox (the drop-ins of
# app-.service.d), and a drop-in with what makes it a trial. What a unit has to hold to for that: it takes its port from
# $PORT, and its code from below /srv/app/current, where the trial sees the new release.

stop_trials() {
  set --
  for file in /run/systemd/system/app-*-trial.service; do
    [ ! -e "$file" ] || set -- "$@" "${file##*/}"
  done
  [ $# -gt 0 ] || return 0
  systemctl stop "$@" 2>/dev/null || true
  systemctl reset-failed "$@" 2>/dev/null || true
  for name; do rm -rf "/run/systemd/system/$name" "/run/systemd/system/$name.d"; done
  systemctl daemon-reload
}

# free_port FROM: the first one from there on that nobody listens on.
free_port() {
  other=$1
  while ss -Hltn "sport = :$other" | grep -q .; do other=$((other + 1)); done
  echo "$other"
}

# trial_unit UNIT PORT NAME: the unit under that name, and its drop-in.
trial_unit() {
  install -d "/run/systemd/system/$3.d"
  cp "/etc/systemd/system/$1" "/run/systemd/system/$3"
  if [ -d "/etc/systemd/system/$1.d" ]; then cp "/etc/systemd/system/$1.d"/*.conf "/run/systemd/system/$3.d/"; fi
  cat >"/run/systemd/system/$3.d/zz-trial.conf" <<DROP_IN
[Unit]
ConditionPathIsDirectory=
[Service]
Environment=PORT=$2
BindReadOnlyPaths=$release:$(readlink -f "$base/current")
ExecStartPre=
Restart=no
DROP_IN
}

trial_start() {
  each_service "$release" >"$record/services"
  : >"$record/trial"
  other=$((20000 + $$ % 10000))
  while read -r unit port path more; do
    [ "$port" != - ] || continue
    # What instances are made of has nothing behind the @.
    case $unit in *@*) unit=${unit%%@*}@.service ;; esac
    name=${unit%.service}
    name=${name%@}-trial.service
    if grep -q "^$name " "$record/trial"; then continue; fi
    other=$(free_port $((other + 1)))
    trial_unit "$unit" "$other" "$name"
    printf '%s %s %s %s\n' "$name" "$other" "$path" "$more" >>"$record/trial"
  done <"$record/services"
  systemctl daemon-reload
  start_all start "$(cut -d ' ' -f 1 "$record/trial")" || return 14
}

trial_health() {
  healthy 1 <"$record/trial" || {
    status=$?
    echo "(This was a trial on other ports than the inventory's: does it listen on \$PORT?)"
    return "$status"
  }
}

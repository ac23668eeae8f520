# Whether the services of a release run and answer.

# services: unit, folder, port and health path (or -) of each.
services() { cat /etc/pvestack/services 2>/dev/null || true; }

# each_service RELEASE: unit, port and health path of the services that a release has.
each_service() {
  services | while read -r unit folder port path; do
    [ ! -d "$1/$folder" ] || printf '%s %s %s\n' "$unit" "$port" "$path"
  done
}

# answers PORT PATH: without a path of the inventory anything but a server error counts.
answers() {
  path=$2
  [ "$path" != - ] || path=/
  got=$(curl -s -o /dev/null -w '%{http_code}' --max-time 3 "http://localhost:$1$path" || true)
  case $got in
    000) return 1 ;;
    2?? | 3??) return 0 ;;
    4??) [ "$2" = - ] ;;
    *) return 1 ;;
  esac
}

# alive UNIT: prints its process; fails for one that ended, or that waits to be started again.
alive() {
  state=$(systemctl show -p ActiveState -p SubState -p MainPID -p Result "$1")
  case $state in *ActiveState=active* | *ActiveState=reloading* | *SubState=start*) ;; *) return 1 ;; esac
  printf '%s\n' "$state" | sed -n 's/^MainPID=//p'
}

# unwell UNIT WHY: for people, with what the unit said since the deploy began.
began=
unwell() {
  journalctl --sync 2>/dev/null || true
  echo "$1: $2. Its last lines:"
  journalctl -q -o cat -n 20 ${began:+--since "@$((began / 1000))"} -u "$1" | quoted 20 | sed 's/^/  /'
}
died() { unwell "$1" "it ended ($(systemctl show -p Result --value "$1"), status $(systemctl show -p ExecMainStatus --value "$1"))"; }

# healthy SECONDS: whether the services on standard input (unit, port, path) answer, and go on running for some
# time after the first answer of all. Status 14: one ended; 15: one does not answer as it should.
healthy() {
  deadline=$(($(now) + health_timeout * 1000))
  : >"$record/pids"
  while read -r unit port path; do
    first=
    while :; do
      pid=$(alive "$unit") || {
        died "$unit"
        return 14
      }
      # Another process than at first: it ended and was started again.
      [ "${first:=$pid}" = "$pid" ] || {
        died "$unit"
        return 14
      }
      if answers "$port" "$path"; then break; fi
      if [ "$(now)" -gt "$deadline" ]; then
        unwell "$unit" "$(silence "$port" "$path" "$got") for $health_timeout s"
        return 15
      fi
      sleep 0.05
    done
    printf '%s %s %s %s\n' "$unit" "$port" "$path" "$pid" >>"$record/pids"
  done
  [ -s "$record/pids" ] || return 0
  sleep "$1"
  while read -r unit port path pid; do
    [ "$(alive "$unit")" = "$pid" ] || {
      died "$unit"
      return 14
    }
    answers "$port" "$path" || {
      unwell "$unit" "after its first answer $(silence "$port" "$path" "$got")"
      return 15
    }
  done <"$record/pids"
}
silence() {
  if [ "$3" = 000 ]; then echo "nothing answered on port $1"; else echo "port $1 answered ${2#-} with $3"; fi
}

all_healthy() {
  each_service "$1" >"$record/services"
  healthy "$2" <"$record/services"
}

# start_all start|restart UNITS
start_all() {
  verb=$1
  # shellcheck disable=SC2086 # the names of units
  set -- $2
  [ $# -gt 0 ] || return 0
  systemctl reset-failed "$@" 2>/dev/null || true
  systemctl "$verb" "$@" || {
    for unit; do
      [ "$(systemctl show -p ConditionResult --value "$unit")" = no ] || alive "$unit" >/dev/null || died "$unit"
    done
    return 1
  }
}

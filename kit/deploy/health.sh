# Whether the services of a release run and answer.

# know MORE: the rest of a service's line, as host, codes (empty: the usual ones) and patience in seconds.
know() {
  host='' codes='' patience=$health_timeout
  for word in $1; do
    case $word in
      host=*) host=${word#*=} ;;
      status=*) codes=,${word#*=}, ;;
      timeout=*) patience=${word#*=} ;;
    esac
  done
}

# answers PORT PATH MORE: without a path of the inventory anything but a server error counts.
answers() {
  know "$3"
  path=$2
  [ "$path" != - ] || path=/
  got=$(curl -s -o /dev/null -w '%{http_code}' --max-time 3 ${host:+-H "Host: $host"} "http://localhost:$1$path" || true)
  if [ -n "$codes" ]; then
    case $codes in *",$got,"*) return 0 ;; *) return 1 ;; esac
  fi
  case $got in
    000) return 1 ;;
    2?? | 3??) return 0 ;;
    4??) [ "$2" = - ] ;;
    *) return 1 ;;
  esac
}

# stays_up UNIT SINCE: whether a worker has run for some seconds, since that time of ours or since systemd says so.
stays_up() {
  [ "$(($(now) - $2))" -lt 3000 ] || return 0
  from=$(date -d "$(systemctl show -p ExecMainStartTimestamp --value "$1")" +%s 2>/dev/null) || return 1
  [ "$(($(date +%s) - from))" -gt 3 ]
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

# healthy SECONDS: whether the services on standard input (unit, port, path, more) answer, and go on running for some
# time after the first answer of all; of a worker whether it stays up. Status 14: one ended; 15: one does not answer as
# it should.
healthy() {
  asked_at=$(now)
  : >"$record/pids"
  while read -r unit port path more; do
    know "$more"
    deadline=$((asked_at + patience * 1000))
    first='' first_seen=$(now)
    while :; do
      if [ "$port" = - ] && ended_well "$unit"; then continue 2; fi
      pid=$(alive "$unit") || {
        died "$unit"
        return 14
      }
      # Another process than at first: it ended and was started again.
      [ "${first:=$pid}" = "$pid" ] || {
        died "$unit"
        return 14
      }
      if [ "$port" = - ]; then
        if stays_up "$unit" "$first_seen"; then break; fi
        sleep 0.2
        continue
      fi
      if answers "$port" "$path" "$more"; then break; fi
      if [ "$(now)" -gt "$deadline" ]; then
        unwell "$unit" "$(silence "$port" "$path" "$got") for $patience s"
        return 15
      fi
      sleep 0.05
    done
    printf '%s %s %s %s %s\n' "$unit" "$pid" "$port" "$path" "$more" >>"$record/pids"
  done
  [ -s "$record/pids" ] || return 0
  sleep "$1"
  while read -r unit pid port path more; do
    if [ "$port" = - ] && ended_well "$unit"; then continue; fi
    [ "$(alive "$unit")" = "$pid" ] || {
      died "$unit"
      return 14
    }
    [ "$port" = - ] || answers "$port" "$path" "$more" || {
      unwell "$unit" "after its first answer $(silence "$port" "$path" "$got")"
      return 15
    }
  done <"$record/pids"
}
silence() {
  if [ "$3" = 000 ]; then echo "nothing answered on port $1"; else echo "port $1 answered ${2#-} with $3"; fi
}

all_healthy() {
  ! is_paused || return 0
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
      [ "$(systemctl show -p ConditionResult --value "$unit")" = no ] || alive "$unit" >/dev/null || ended_well "$unit" || died "$unit"
    done
    return 1
  }
}

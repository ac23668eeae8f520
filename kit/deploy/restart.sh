# Services by hand.

# units_of [SERVICE]: the units of a service, as people call it (backend, app-backend.service), or of all.
units_of() {
  wanted_unit=${1#app-}
  wanted_unit=${wanted_unit%.service}
  services | cut -d ' ' -f 1 | while read -r unit; do
    name=${unit#app-}
    name=${name%.service}
    case $wanted_unit in '' | "$name" | "${name%%@*}") echo "$unit" ;; esac
  done
}

# service_names: for people.
service_names() { services | sed 's/ .*//; s/^app-//; s/\.service$//; s/@.*//' | sort -u | tr '\n' ' ' | sed 's/ $//; s/ /, /g'; }

restart() {
  release=$(current)
  [ -n "$release" ] || fail 1 'no release is deployed yet'
  ! is_paused || fail 1 "$(pause_status); deploy_app.sh --pause off starts the services"
  units=$(units_of "${1:-}")
  if [ -z "$units" ]; then
    [ -n "${1:-}" ] || fail 1 'this application has no services'
    fail 1 "there is no service $1; there are: $(service_names)"
  fi
  began=$(now)
  # One that the release has no folder for ends by that.
  status=0
  bodies_wait
  { start_all restart "$units" && all_healthy "$release" 1; } >"$record/step.log" 2>&1 || status=$?
  bodies_go
  if [ "$status" -ne 0 ]; then
    quote_log
    fail "$status" "not well after the restart"
  fi
  say restarted "$(printf '%s' "$units" | tr '\n' ' '), $(since "$began")"
}

# The services stand still on purpose, for maintenance of a guest without a web front. A condition of each unit says so:
# it holds over a restart of the guest, a deploy leaves it, and to the look it is no drift.
paused=/var/lib/pvestack/paused
control=/etc/systemd/system.control

is_paused() { [ -e "$paused" ]; }

# pause_status: off, or on with its time and who.
pause_status() {
  if is_paused; then echo "the services are paused since $(head -c 200 "$paused")"; else echo 'off'; fi
}

pause() {
  if [ "$1" = on ]; then
    is_paused || printf '%s by %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$by" >"$paused"
    services | while read -r unit _; do
      install -d -m 0755 "$control/$unit.d"
      printf '[Unit]\nConditionPathExists=!%s\n' "$paused" >"$control/$unit.d/50-pvestack-pause.conf"
    done
    systemctl daemon-reload
    # Stopped, and asked to start: so its condition says why it does not run.
    services | cut -d ' ' -f 1 | xargs -r systemctl stop
    services | cut -d ' ' -f 1 | xargs -r systemctl start
    say paused "$(pause_status)"
    return
  fi
  if ! is_paused; then
    say ok 'the services are not paused'
    return
  fi
  rm -f "$paused"
  find "$control" -name 50-pvestack-pause.conf -delete 2>/dev/null || true
  find "$control" -mindepth 1 -maxdepth 1 -type d -name 'app-*' -empty -delete 2>/dev/null || true
  systemctl daemon-reload
  release=$(current)
  if [ -z "$release" ]; then
    say resumed 'no release is deployed yet'
    return
  fi
  status=0
  run "$release" >"$record/step.log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    quote_log
    fail "$status" 'the services were started, and are not well'
  fi
  say resumed "$(short "$(commit_of "$release")") answers"
}

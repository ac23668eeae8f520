# From one release to another: the link, the processes, and back again where the new ones are not well.

switch_to() {
  # One that was made before there was something to serve.
  publish "$1" >/dev/null || true
  ln -sfn "$1" "$base/current.new"
  mv -fT "$base/current.new" "$base/current"
}
# run RELEASE: its processes instead of others'; whether they are well.
run() {
  bodies_wait
  went=0
  run_now "$1" || went=$?
  bodies_go
  return "$went"
}
run_now() {
  services | while read -r unit folder _; do
    # One that this release has no folder for ends by its condition.
    if has_built "$1" "$folder"; then echo "$unit"; else systemctl stop "$unit"; fi
  done >"$record/runs"
  start_all restart "$(cat "$record/runs")" || return 14
  all_healthy "$1" "$settle"
}

# is_of_others RELEASE: whether nothing was built in it for any service of now: it is another application's.
is_of_others() {
  [ -n "$(services)" ] && [ -z "$(each_service "$1")" ]
}

# activate RELEASE: switch, restart, check; back again if that fails.
settle=1
activate() {
  old=$(current)
  started=$(now)
  switch_to "$1"
  status=0
  run "$1" >"$record/step.log" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then
    printf '  %-18s %s\n' "switch and restart" "$(since "$started")"
    return
  fi
  printf '  %-18s failed after %s\n' "switch and restart" "$(since "$started")"
  quote_log
  what="start of $(short "$(commit_of "$1")") failed"
  [ "$status" -eq 14 ] || what="health check of $(short "$(commit_of "$1")") failed"
  if [ "$old" = "$1" ]; then fail "$status" "$what; it is the release that was live already."; fi
  if [ -z "$old" ] || [ ! -d "$old" ] || is_of_others "$old"; then
    services | while read -r unit _; do systemctl stop "$unit"; done
    rm -f "$base/current"
    forget "$1"
    fail "$status" "$what. No release runs yet.$hint"
  fi
  switch_to "$old"
  run "$old" >"$record/step.log" 2>&1 || {
    quote_log
    fail "$status" "$what, and $(short "$(commit_of "$old")"), which is back, is not well either.$hint"
  }
  forget "$1"
  fail "$status" "$what. $(short "$(commit_of "$old")") is back and answers.$hint"
}
# forget RELEASE: one that was made just now; nobody is to roll back to it.
forget() {
  if [ "$1" = "$release" ]; then rm -rf "$1"; fi
}

# A release that stands, but whose processes were started with something else.
restart_owed() {
  each_service "$release" >"$record/owed"
  while read -r unit _; do
    if ended_well "$unit"; then continue; fi
    if ! systemctl is-active --quiet "$unit" || ! /usr/local/lib/pvestack/stamp --same "$unit"; then
      activate "$release"
      return
    fi
  done <"$record/owed"
  step - health all_healthy "$release" 0.3
}

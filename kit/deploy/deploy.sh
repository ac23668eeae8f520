# One deploy, from a name to a release that is live.

deploy() {
  began=$(now)
  stop_steps
  clean_builds
  releases | while read -r half; do is_made "$half" || rm -rf "$half"; done
  live=$(commit_of "$(current)")
  wanted=${1:-$branch} asked=${1:-refs/heads/$branch}
  commit=$(without_fetch "$asked")
  say deploy "$wanted$([ -z "$live" ] || echo " (now: $(short "$live"))")"
  if [ -z "$commit" ]; then
    step 10 fetch fetch 3>&1
    commit=$(resolve "$asked") || give_up 10 "fetch failed: the repository has no commit, tag or branch $wanted"
  fi
  if [ -n "${watch:-}" ] && [ -z "${1:-}" ]; then
    head=$commit
    commit=$(last_touching "$mirror" "$head")
    [ -n "$commit" ] || fail 10 "$(nothing_touches)"
    [ "$commit" = "$head" ] || say watch "$(short "$commit") is the last of $branch that touches $watch; $branch is at $(short "$head")"
  fi
  if held_at "$commit"; then
    say held "at $(short "$at") by hand, so $(short "$commit") is not deployed; deploy_app.sh --unhold ends it"
    release=$(current)
    restart_owed
    return
  fi
  if [ "$commit" = "$live" ] && [ -z "$rebuild" ] && ! built_alike "$(current)"; then
    rebuild=yes
    say again "$(short "$commit") is built with the values and commands that the inventory has now"
  fi
  attempt=$commit
  if [ "$commit" = "$live" ] && [ -z "$rebuild" ]; then
    release=$(current)
    restart_owed
    remember "$commit" again
    say 'done' "$(short "$commit") is deployed already, $(since "$began")"
    return
  fi
  trying=$commit
  rm -f "$record/cut"
  release=$base/releases/n$(next_number "$record/releases.number" "$base/releases")-$(date -u +%Y%m%dT%H%M%SZ)-$(short "$commit")
  take_files
  something_to_run
  rm -f "$record/parts"
  build_release
  step 11 seal seal
  if services | grep -q ' shared='; then step 11 "shared paths" link_shared; fi
  if [ -e /etc/pvestack/web/static ]; then step 12 "static files" publish "$release"; fi
  migrate_release
  prove_release
  # Where nothing runs there is nothing to save from a release that does not start.
  if [ "$trial" = yes ] && [ -n "$live" ]; then
    step 14 "trial start" trial_start
    step - "trial health" trial_health
    stop_trials
    settle=0.3
  fi
  activate "$release"
  remember "$commit" deployed
  prune
  say 'done' "$(short "$commit") is live, $(since "$began")"
}

# something_to_run: of the services' folders the repository has at least one, or all where the inventory lists them; an
# application without services is all jobs.
something_to_run() {
  services >"$record/services"
  [ -s "$record/services" ] || return 0
  while read -r unit folder _; do
    if [ -d "$release/$folder" ]; then continue; fi
    missing=$(service_of "$unit")
    [ "${listed:-}" != yes ] ||
      give_up 11 "the repository has no folder $folder, which the service $missing is in (dir in services of the inventory; . is its root)"
  done <"$record/services"
  while read -r _ folder _; do [ ! -d "$release/$folder" ] || return 0; done <"$record/services"
  give_up 11 "the repository has neither $(cut -d ' ' -f 2 "$record/services" | sed ':a; N; $!ba; s/\n/ nor /g'), so there is nothing to run (backend_dir and frontend_dir, or services, in the inventory; . is its root)"
}

# The steps of a deploy: each says its time, or its last lines and why nothing was switched.

# quote_log: what a step said, its last lines.
quote_log() { quoted 30 <"$record/step.log" | sed 's/^/    | /'; }

# step CODE NAME COMMAND …: its time, and when it fails its last lines. CODE -: the command's own status.
step() {
  code=$1 name=$2
  shift 2
  started=$(now)
  : >"$record/step.log"
  # Not as a condition: there the shell would not stop at a command that fails.
  set +e
  (
    set -e
    "$@"
  ) >>"$record/step.log" 2>&1 </dev/null
  failed=$?
  set -e
  if [ "$failed" -eq 0 ]; then
    printf '  %-18s %s\n' "$name" "$(since "$started")"
    return
  fi
  if [ "$code" = - ]; then
    code=$failed
    [ "$failed" -ne 14 ] || name=${name%health}start
  fi
  printf '  %-18s failed after %s\n' "$name" "$(since "$started")"
  quote_log
  give_up "$code" "$name failed"
}

# give_up CODE MESSAGE: the release that was being made goes; what ran before runs on.
release=
# What else to say of a failure.
hint=
give_up() {
  stop_trials
  live=$(commit_of "$(current)")
  if [ -n "$release" ] && [ "$(current)" != "$release" ]; then rm -rf "$release"; fi
  if [ -n "$live" ]; then fail "$1" "$2. $(short "$live") runs on, nothing was switched.$hint"; fi
  fail "$1" "$2. No release runs yet.$hint"
}

# confined FOLDER ENV COMMAND: as user app, who can write only below the new release and the caches, for
# build_timeout seconds and, where the inventory says so, build_memory MiB.
# ENV: with-env (the application's settings and secrets) or without-env.
#
# A unit that was stopped by somebody ends like one that is through; only systemd knows the difference. So the unit
# remains when it is through, and is asked how it ended; its output goes to the step's log by itself.
confined() {
  folder=$1 env=$2
  # systemd would read a dollar sign before the shell does (systemd.service(5), COMMAND LINES).
  command=$(printf '%s\n' "$3" | sed 's/\$/$$/g')
  set -- -p "Environment=$build_environment"
  if [ "$env" = with-env ]; then set -- "$@" -p "EnvironmentFile=$env_file"; fi
  if [ -n "${build_memory:-}" ]; then set -- "$@" -p "MemoryMax=${build_memory}M" -p MemorySwapMax=0; fi
  unit=pvestack-step-$(date +%s%N).service
  systemd-run --quiet --unit="$unit" --uid=app --gid=app --working-directory="$folder" "$@" \
    -p Type=oneshot -p RemainAfterExit=yes -p "TimeoutStartSec=${build_timeout:-1800}" -p TimeoutStopSec=10 \
    -p StandardInput=null -p "StandardOutput=append:$record/step.log" -p "StandardError=append:$record/step.log" \
    -p TasksMax=2048 -p OOMScoreAdjust=500 \
    -p ProtectSystem=strict -p "ReadWritePaths=$release /var/cache/app /var/lib/app" -p PrivateTmp=yes \
    -p ProtectHome=yes -p NoNewPrivileges=yes -p UMask=0027 -p PrivateDevices=yes -p CapabilityBoundingSet= \
    -E "PATH=$release/.venv/bin:/usr/local/bin:/usr/bin:/bin" -E HOME=/var/lib/app -E XDG_CACHE_HOME=/var/cache/app \
    /bin/sh -euc "$command" 2>"$record/step.run" || true
  ended=$(systemctl show -p ActiveState -p Result -p ExecMainCode -p ExecMainStatus "$unit")
  systemctl stop "$unit" 2>/dev/null || true
  systemctl reset-failed "$unit" 2>/dev/null || true
  how_it_ended "$ended" >>"$record/step.log"
}

# stop_steps: what a deploy that was killed left running.
stop_steps() { systemctl stop 'pvestack-step-*.service' 2>/dev/null || true; }

# how_it_ended PROPERTIES: fails for anything but an end by itself, with 0, and says what the command could not.
how_it_ended() {
  case $1 in
    *ActiveState=active*) return 0 ;;
    *Result=timeout*) echo "ended: it took longer than ${build_timeout:-1800} s (build_timeout in the inventory)" ;;
    *Result=oom-kill*) echo "ended: out of memory${build_memory:+, of which it may use $build_memory MiB} (build_memory and the guest's memory in the inventory)" ;;
    *Result=exit-code*) ;;
    # Where it did not begin, systemd-run says why.
    *) grep -v '^Job for ' "$record/step.run" || echo 'ended by somebody else, before it was through' ;;
  esac
  return 1
}

# migration FOLDER COMMAND: going back to the old release does not undo a change of the schema; the dump before it does.
migration() {
  if [ -e /etc/pvestack/postgresql.conf ]; then
    step 13 'dump before' /usr/local/lib/pvestack/pg-backup before-migration
    dump=$(tail -n 1 "$record/step.log")
    hint=" The database as it was before the migration: $dump (restore_app_db.sh $dump)."
  fi
  step 13 migration confined "$1" with-env "$2"
}

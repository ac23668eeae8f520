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

# remark NAME WORDS: what people should know of a step besides its time.
remark() { printf '  %-18s %s\n' "$1" "$2"; }

# give_up CODE MESSAGE: the release that was being made goes; what ran before runs on.
release=
# What else to say of a failure.
hint=
give_up() {
  stop_trials
  live=$(commit_of "$(current)")
  if [ -n "$release" ] && [ "$(current)" != "$release" ]; then
    rm -rf "$release"
    clean_builds
  fi
  if [ -n "$live" ]; then fail "$1" "$2. $(short "$live") runs on, nothing was switched.$hint"; fi
  fail "$1" "$2. No release runs yet.$hint"
}

# The build's own home: of all that a build leaves there the next one finds only npm's store of downloads.
builds=/var/cache/app-build

# confined FOLDER ENV COMMAND: for build_timeout seconds, while build_disk_reserve MiB stay free and, where the
# inventory says so, with build_memory MiB.
# ENV: without-env  an install, or a build that is one: with none of the application's settings, and with install_env
#      plain-env    a build, with its settings but those that hold secrets (build_hides), and with those of its service
#                   (building) and of its service's build
#      with-env     the application's own work on the sealed release (a migration, a check), with all of them
#
# A build is work of another user than the application: it reads neither the env file nor a process's environment,
# signals no process, and finds no socket in /run, so neither the database nor systemd. It writes only the new release
# and its home.
#
# A unit that was stopped by somebody ends like one that is through; only systemd knows the difference. So the unit
# remains when it is through, and is asked how it ended; its output goes to the step's log by itself.
confined() {
  rm -f "$record/disk_full"
  free=$(disk_left)
  if [ "$free" -le "$reserve" ]; then
    echo "not begun: $free MiB are free on the guest's disk, and $reserve MiB stay so (build_disk_reserve in the inventory). Give the guest a larger disk, or keep fewer releases (keep_releases)"
    return 1
  fi
  folder=$1 env=$2 path=$release/.venv/bin:/usr/local/bin:/usr/bin:/bin
  # systemd would read a dollar sign before the shell does (systemd.service(5), COMMAND LINES).
  command=$(printf '%s\n' "$3" | sed 's/\$/$$/g')
  set -- -p "Environment=$build_environment"
  # systemd reads all of these files; who runs the command cannot.
  [ "$env" = with-env ] || set -- "$@" -p EnvironmentFile=-/etc/pvestack/proxy
  if [ "$env" = without-env ]; then
    set -- "$@" -p EnvironmentFile=-/etc/pvestack/install_env
    if [ "${install_key:-}" = yes ]; then
      open_agent
      set -- "$@" -E "SSH_AUTH_SOCK=$agent" -E "GIT_SSH_COMMAND=$(ssh_of_install)"
    fi
  else
    set -- "$@" -p "EnvironmentFile=$env_file"
  fi
  if [ "$env" = plain-env ] && [ -n "${building:-}" ]; then
    set -- "$@" -p "EnvironmentFile=-$env_file.$building" -p "EnvironmentFile=-/etc/pvestack/build_env.$building"
  fi
  [ "$env" != plain-env ] || set -- "$@" -p "UnsetEnvironment=${build_hides:-}"
  if [ "$env" = with-env ]; then
    who=app
    set -- "$@" -p 'ReadWritePaths=/var/lib/app /var/cache/app' -E HOME=/var/lib/app -E XDG_CACHE_HOME=/var/cache/app
  else
    who=app-build path=$builds/tools/bin:$path
    # Names are looked up through what systemd-resolved keeps in /run, where a guest has it.
    set -- "$@" -p "ReadWritePaths=$release $builds" -p TemporaryFileSystem=/run:ro \
      -p BindReadOnlyPaths=-/run/systemd/resolve -p TemporaryFileSystem=/dev/shm:mode=1777 \
      -E "HOME=$builds" -E "XDG_CACHE_HOME=$builds/.cache"
  fi
  if [ -n "${build_memory:-}" ]; then set -- "$@" -p "MemoryMax=${build_memory}M" -p MemorySwapMax=0; fi
  unit=pvestack-step-$(date +%s%N).service
  watch_disk "$unit" &
  watcher=$!
  systemd-run --quiet --unit="$unit" --uid="$who" --gid="$who" --working-directory="$folder" "$@" \
    -p Type=oneshot -p RemainAfterExit=yes -p "TimeoutStartSec=${build_timeout:-1800}" -p TimeoutStopSec=10 \
    -p StandardInput=null -p "StandardOutput=append:$record/step.log" -p "StandardError=append:$record/step.log" \
    -p TasksMax=2048 -p OOMScoreAdjust=500 -p "LimitFSIZE=$((free - reserve))M" \
    -p ProtectSystem=strict -p PrivateTmp=yes -p ProtectHome=yes -p ProtectProc=invisible -p NoNewPrivileges=yes \
    -p UMask=0027 -p PrivateDevices=yes -p CapabilityBoundingSet= \
    -E "PATH=$path" \
    /bin/sh -euc "$command" 2>"$record/step.run" || true
  ended=$(systemctl show -p ActiveState -p Result -p ExecMainCode -p ExecMainStatus "$unit")
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  systemctl stop "$unit" 2>/dev/null || true
  if [ "$env-${install_key:-}" = without-env-yes ]; then close_agent; fi
  systemctl reset-failed "$unit" 2>/dev/null || true
  how_it_ended "$ended" >>"$record/step.log"
}

# clean_builds: nothing that one build wrote is there for the next one to run. Only npm's store of downloads stays: in it
# a file is found by the sum of its content, which npm checks as it reads. npm's index, which leads from names to sums,
# goes, and so does pip's cache, which finds files by their address.
clean_builds() {
  install -d -m 0700 -o app-build -g app-build "$builds"
  at=$builds
  for kept in .npm _cacache content-v2; do
    find "$at" -mindepth 1 -maxdepth 1 ! -name "$kept" -exec rm -rf {} +
    at=$at/$kept
    # A link would lead elsewhere.
    if [ -L "$at" ] || [ ! -d "$at" ]; then
      rm -rf "$at"
      return
    fi
  done
  find "$at" -type f -mtime +60 -delete
}

# stop_steps: what a deploy that was killed left running.
stop_steps() { systemctl stop 'pvestack-step-*.service' 2>/dev/null || true; }

# how_it_ended PROPERTIES: fails for anything but an end by itself, with 0, and says what the command could not.
how_it_ended() {
  case $1 in
    *ActiveState=active*) return 0 ;;
  esac
  # What ended it from outside says nothing of its commit: see fail in deploy_app.sh.
  exited=$(printf '%s\n' "$1" | sed -n 's/^ExecMainStatus=//p')
  case $1 in
    *Result=exit-code*) [ "${exited:-1}" -lt 128 ] || : >"$record/cut" ;;
    *) : >"$record/cut" ;;
  esac
  if [ -e "$record/disk_full" ]; then too_full && return 1; fi
  case $1 in
    *Result=exit-code*) ;;
    # SIGXFSZ, see LimitFSIZE.
    *ExecMainStatus=25*) too_full && return 1 ;;
  esac
  case $1 in
    *Result=timeout*) echo "ended: it took longer than ${build_timeout:-1800} s (build_timeout in the inventory)" ;;
    *Result=oom-kill*) echo "ended: out of memory${build_memory:+, of which it may use $build_memory MiB} (build_memory and the guest's memory in the inventory)" ;;
    # A single file may not be larger than what is free above the reserve.
    *Result=exit-code*) ! tail -n 200 "$record/step.log" | grep -qE 'EFBIG|File too large|File size limit exceeded' || too_full ;;
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

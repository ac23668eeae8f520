#!/bin/sh
# Deploys one commit of this guest's application, beside the releases before it.
#
#   deploy_app.sh [COMMIT]         a commit, tag or branch; without one the head of the branch of this env, or
#                                  the last commit of it that touches what the env watches
#   deploy_app.sh --rebuild        the commit that is live once more, e.g. for a build with a changed setting
#   deploy_app.sh --rollback [RELEASE]  back to the release before, or to that one; holds: the next deploy does not undo it
#   deploy_app.sh --unhold         the next deploy follows the branch again
#   deploy_app.sh --list           the releases, the newest first; * is live
#   deploy_app.sh --history        what was deployed when, by whom, and what came of it
#   deploy_app.sh --restart [SERVICE]   the services of the release that is live, or that one
#   deploy_app.sh --pause on|off|status  the services stand still, also over a restart of the guest and a deploy
#   deploy_app.sh --health         whether the application answers
#   deploy_app.sh --head [COMMIT]  the commit that the branch (or that tag or branch) of the repository is at now
#
# Exit codes: 1 usage, 10 fetch, 11 install, 12 build, 13 migration, 14 start, 15 health.
set -eu
umask 022
export LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

base=/srv/app
record=/var/lib/pvestack/release

# stack, repo, branch, env_file, build_environment, keep, health_timeout, build_timeout, trial; build_memory,
# build_disk_reserve, build_hides, fetch_timeout, watch and listed where the inventory sets them
. /etc/pvestack/deploy.conf
# A plan asks for what the inventory says now.
repo=${PVESTACK_REPO:-$repo} branch=${PVESTACK_BRANCH:-$branch} watch=${PVESTACK_WATCH-${watch:-}}

# Who does this, for the history: whoever calls says so, or sudo does.
by=$(printf '%s' "${PVESTACK_BY:-${SUDO_USER:-root}}" | tr -cd 'A-Za-z0-9.@_+-' | cut -c 1-64)

say() { printf '%-8s %s\n' "$1" "$2"; }
fail() {
  code=$1
  shift
  # A commit that was tried and does not run: no plan of something else tries it again. One whose step was cut off (killed,
  # out of time, memory or disk) is.
  if [ "$code" -ge 11 ] && [ -n "${trying:-}" ] && [ ! -e "$record/cut" ]; then printf '%s\n' "$trying" >"$record/failed"; fi
  printf 'deploy_app.sh: %s\n' "$*" >&2
  exit "$code"
}

if [ "$(id -u)" -ne 0 ]; then fail 1 "needs root: sudo deploy_app.sh $*"; fi
install -d -m 0700 "$record"

# now, since: milliseconds.
now() { echo $(($(date +%s%N) / 1000000)); }
since() { awk -v ms=$(($(now) - $1)) 'BEGIN { printf "%.1f s", ms / 1000 }'; }

kit=/usr/local/lib/pvestack
for part in numbers lock quote proxy services front; do . "$kit/lib/$part.sh"; done
for part in repository distance mirror aside watch checkout lfs releases disk shared steps agent health pause restart trial publish switch rollback deploy; do . "$kit/deploy/$part.sh"; done
# What a release of this application takes; what it does not define it does not need.
build_release() { :; }
migrate_release() { :; }
prove_release() { :; }
. /etc/pvestack/steps.sh

case ${1:-} in
  -h | --help)
    sed -n '2,/^set -eu/p' "$0" | sed '/^set -eu/d; s/^# \{0,1\}//'
    exit 0
    ;;
  --list)
    list
    exit 0
    ;;
  --history)
    history
    exit 0
    ;;
  --pause)
    if [ "${2:-}" = status ]; then pause_status && exit 0; fi
    case ${2:-} in on | off) ;; *) fail 1 "write: deploy_app.sh --pause on, off or status" ;; esac
    ;;
  --restart) case ${2:-} in *[!A-Za-z0-9.@_-]*) fail 1 "that is no service" ;; esac ;;
  --health)
    release=$(current)
    [ -n "$release" ] || fail 15 'no release is deployed yet'
    status=0
    all_healthy "$release" 0.3 || status=$?
    [ "$status" -ne 0 ] || echo "$(short "$(commit_of "$release")") answers"
    exit "$status"
    ;;
  --head)
    case ${2:-} in *[!A-Za-z0-9._/+-]*) fail 1 "that is no commit, tag or branch" ;; esac
    if [ -n "$watch" ] && [ -z "${2:-}" ]; then watched_head; else head_of "${2:-}"; fi
    exit 0
    ;;
  --unhold | --rebuild) ;;
  --rollback) case ${2:-} in *[!A-Za-z0-9._-]*) fail 1 "that is no release; see: deploy_app.sh --list" ;; esac ;;
  -*) fail 1 "unknown option $1; see deploy_app.sh --help" ;;
  *[!A-Za-z0-9._/+-]*) fail 1 "that is no commit, tag or branch" ;;
esac

# One deploy at a time; a layer of terraform holds the lock already.
if [ -z "${PVESTACK_LOCKED:-}" ]; then
  lock deploy_app.sh "$@" || fail 1 "$held_for_long"
fi
trap 'failed $?; stop_trials; bodies_go' EXIT
trap '' HUP
trap 'exit 130' INT TERM
rebuild=
case ${1:-} in
  --rollback) rollback "${2:-}" ;;
  --restart) restart "${2:-}" ;;
  --pause) pause "$2" ;;
  --rebuild)
    rebuild=yes
    live=$(commit_of "$(current)")
    [ -n "$live" ] || fail 1 'no release is deployed yet'
    deploy "$live"
    ;;
  --unhold)
    rm -f "$record/held"
    say unheld 'the next deploy follows the branch'
    ;;
  *) deploy "${1:-}" ;;
esac

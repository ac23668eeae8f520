#!/bin/sh
# Runs a command on a guest, as ssh.sh reaches it: what people see and do there (cli/guest). The command is the argument;
# without one it is a login. From the environment, besides: TERMINAL (yes: it gets one), CONTROL (a path: connections are
# shared by a master that stays for a minute) and PIN (that of its host key).
set -eu
umask 077
# shellcheck source=/dev/null
. "${0%/*}/ssh.sh"
# shellcheck source=/dev/null
. "${0%/*}/host-key.sh"
command -v ssh >/dev/null 2>&1 || {
  echo 'ssh is not installed here.' >&2
  exit 255
}
workplace pvestack-guest
# shellcheck disable=SC2154 # of workplace
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
open_key
command=${1:-}
set --
if [ "${TERMINAL:-}" = yes ]; then set -- -tt; fi
if [ -n "${CONTROL:-}" ]; then set -- "$@" -o ControlMaster=auto -o "ControlPath=$CONTROL" -o ControlPersist=60; fi
# shellcheck disable=SC2154 # none is of host-key.sh
case ${PIN:-} in '' | *-"$none") pinned= ;; *) pinned=${PIN#*-} ;; esac
status=0
: >"$work/error"
# What ssh itself says stays apart from what the guest says.
(reach "$command" "$@" -E "$work/error") || status=$?
if bastion=$(other_bastion); then
  printf '%s\n' "$bastion" >"$work/error"
elif [ -z "${HOST_KEY:-}" ] && [ -n "$pinned" ] && grep -q 'Host key verification failed' "$work/error"; then
  printf '%s\n' "$(changed_key)" >"$work/error"
fi
cat "$work/error" >&2
exit "$status"

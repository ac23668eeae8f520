#!/bin/sh
# Runs a command on a guest, as ssh.sh reaches it: what people see and do there (cli/guest). The command is the argument;
# without one it is a login. From the environment, besides: TERMINAL (yes: it gets one) and CONTROL (a path: connections are
# shared by a master that stays for a minute).
set -eu
umask 077
# shellcheck source=/dev/null
. "${0%/*}/ssh.sh"
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
status=0
(reach "$command" "$@") || status=$?
exit "$status"

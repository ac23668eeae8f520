#!/bin/sh
# Asks the guest how it is, at plan: its program look answers. Runs where terraform runs; an answer in any case, so
# that a guest that does not answer never keeps anyone from repairing it. From the environment: ADDRESS, SSH_USER,
# LAYERS and, where there are any, SSH_PORT, KEY_FILE, HOST_KEY, BASTION, RELEASE, REPO, BRANCH; the key itself is
# TF_VAR_ssh_private_key of terraform's environment (the arguments and the answer of this program stand in the state).
set -eu
umask 077

# What a kill -9 leaves lies in a folder named after its process; those of dead ones go.
folder=${TMPDIR:-/tmp}/pvestack-look
for left in "$folder".*; do
  of=${left#"$folder".}
  kill -0 "${of%%.*}" 2>/dev/null || rm -rf "$left" 2>/dev/null || true
done
work=$(mktemp -d "$folder.$$.XXXXXX")
started=
# shellcheck disable=SC2086 # process ids
trap 'rm -rf "$work"; [ -z "$started" ] || kill $started 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM

# What a guest says ends up in a terminal and in the state: bounded, and only harmless characters.
clean() { tr -cd 'A-Za-z0-9 .,:;/_()+@~-' | cut -c 1-"$1"; }

# said NAME: what the guest answered under this name.
said() { sed -n "s/^$1 //p" "$work/said" 2>/dev/null | head -n 1; }

answer() {
  printf '{"asked":"%s","note":"%s"' "$1" "$(printf '%s' "$2" | tr '\n' ' ' | clean 600)"
  for name in $LAYERS; do
    printf ',"%s":"%s"' "$name" "$(said "$name" | clean 200)"
  done
  printf '}\n'
  exit 0
}

# word TEXT: one word of a shell.
word() { printf '%s' "$1" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/"; }

command -v ssh >/dev/null 2>&1 || answer no 'ssh is not installed here, so the guest was not looked at.'

set -- -F /dev/null -T -o BatchMode=yes -o ConnectTimeout=5 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o LogLevel=ERROR -p "${SSH_PORT:-22}"
if [ -n "${HOST_KEY:-}" ]; then
  name=$ADDRESS
  [ -z "${SSH_PORT:-}" ] || name="[$ADDRESS]:$SSH_PORT"
  printf '%s %s\n' "$name" "$HOST_KEY" >"$work/known_hosts"
  set -- "$@" -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=$work/known_hosts"
else
  set -- "$@" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
fi
key=
if [ -n "${TF_VAR_ssh_private_key:-}" ]; then
  # Its file has no name any more when the key comes into it, so a kill -9 leaves none; ssh finds it all the same.
  # Without /proc (macOS) it keeps its name, and the next look removes what is left.
  key=$work/key
  : >"$key"
  exec 3<>"$key"
  if [ -r "/proc/$$/fd/3" ]; then
    rm "$key"
    key=/proc/$$/fd/3
  fi
  printf '%s\n' "$TF_VAR_ssh_private_key" >&3
elif [ -n "${KEY_FILE:-}" ]; then
  key=$KEY_FILE
  # shellcheck disable=SC2088 # as terraform's pathexpand does
  case $key in '~/'*) key=$HOME/${key#'~/'} ;; esac
elif [ "${KEY_GIVEN:-}" = yes ]; then
  answer no 'ssh_private_key is no environment variable of this plan (TF_VAR_ssh_private_key), so the guest was not looked at.'
fi
[ -z "$key" ] || set -- "$@" -i "$key" -o IdentitiesOnly=yes
if [ -n "${BASTION:-}" ]; then
  proxy="ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=5 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
  # ssh fills %h and its like in first.
  fixed() { word "$1" | sed 's/%/%%/g'; }
  [ -z "$key" ] || proxy="$proxy -i $(fixed "$key") -o IdentitiesOnly=yes"
  set -- "$@" -o "ProxyCommand=$proxy -W %h:%p -p ${BASTION%% *} -- $(fixed "${BASTION#* }")"
fi

# RELEASE is an argument of git on the guest.
case ${RELEASE:-} in *[!A-Za-z0-9._/+-]*) answer no 'the variable release is no commit, tag or branch.' ;; esac
# What a login prints (a .bashrc, a banner) is no answer: only what stands between these two marks is.
mark=look-$(od -An -N 8 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$mark" "$LAYERS" "${RELEASE:-}" "${REPO:-}" "${BRANCH:-}" >"$work/question"
look=/usr/local/lib/pvestack/look
run="sh -c 'if [ -x $look ]; then exec $look; fi; read -r mark; echo; echo \$mark none'"
[ "$SSH_USER" = root ] || run="sudo -n $run"

# ask PROGRAM…: its answer, and its exit code in $status. A guest that says too much or never ends is no better than
# one that says nothing. Where ssh ends by itself, the guard goes with it.
ask() {
  (
    ulimit -f 64
    exec "$@" <"$work/question" >"$work/answer" 2>"$work/error"
  ) &
  ssh=$!
  (
    trap 'kill $!' TERM
    sleep 60 &
    wait && kill "$ssh"
  ) >/dev/null 2>&1 &
  started="$ssh $!"
  status=0
  wait "$ssh" 2>/dev/null || status=$?
}

ask ssh "$@" -l "$SSH_USER" -- "$ADDRESS" "$run"
if [ "$status" -ne 0 ] && grep -qi 'sudo.* tty' "$work/error"; then
  # sudo with requiretty: script(1) of the guest gives it a terminal, which ends lines in its own way.
  kill "${started#* }" 2>/dev/null || true
  ask ssh "$@" -l "$SSH_USER" -- "$ADDRESS" "exec script -qE never -ec $(word "$run") /dev/null"
  tr -d '\r' <"$work/answer" >"$work/lines"
  mv "$work/lines" "$work/answer"
fi

printed=$(sed "/^$mark /,\$d" "$work/answer" | grep -v '^$' | head -n 1 | clean 60)
if [ "$status" -eq 0 ] && grep -qx "$mark none" "$work/answer"; then
  for name in $LAYERS; do echo "$name 1: not configured"; done >"$work/said"
elif [ "$status" -eq 0 ] && grep -qx "$mark end" "$work/answer"; then
  awk -v mark="$mark" '$0 == mark " end" { exit } on { print } $0 == mark " begin" { on = 1 }' "$work/answer" >"$work/said"
else
  why=$(tail -n 1 "$work/error" | clean 200)
  # By a signal: the guard's, or that of the limit.
  case $status in
    0) why="the answer was cut off or is none${printed:+ (it begins: $printed)}" ;;
    143 | 153) why='no answer within a minute, or more than an answer' ;;
  esac
  answer no "$SSH_USER@$ADDRESS does not let this plan look at the guest: $why"
fi
note=$(said note | clean 300)
if [ -n "$printed" ]; then
  note="${note:+$note }The login of $SSH_USER prints text where only programs read (it begins: $printed). Uploads of terraform fail of that: let .bashrc and its like print in interactive shells only."
fi
answer yes "$note"

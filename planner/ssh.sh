#!/bin/sh
# How a guest is reached from here: part of look.sh and guest.sh. From the environment: ADDRESS, SSH_USER and, where there
# are any, SSH_PORT, KEY_FILE, HOST_KEY, BASTION ("PORT USER@HOST"), BASTION_KEY (its host key), CONNECT_TIMEOUT (seconds,
# 5); the key itself is TF_VAR_ssh_private_key. No agent is ever forwarded. $pinned: the pin of the host key (host-key.sh), where whoever calls
# this knows it. Without one the key that was met is in $work/known_hosts.

# workplace NAME: a folder for this run, $work. What a kill -9 leaves lies in one named after its process; those of dead
# ones go. Containers may share the folder around them: only their own process ids tell them anything.
workplace() {
  folder=${TMPDIR:-/tmp}/$1-$(readlink /proc/self/ns/pid 2>/dev/null | tr -cd 0-9)
  for left in "$folder".*; do
    of=${left#"$folder".}
    kill -0 "${of%%.*}" 2>/dev/null || rm -rf "$left" 2>/dev/null || true
  done
  work=$(mktemp -d "$folder.$$.XXXXXX")
}

# word TEXT: one word of a shell.
word() { printf '%s' "$1" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/"; }

# open_key: the key into $key, a path that ssh can read; empty where there is none.
open_key() {
  key=
  if [ -n "${TF_VAR_ssh_private_key:-}" ]; then
    # Its file has no name any more when the key comes into it, so a kill -9 leaves none; ssh finds it all the same.
    # Without /proc (macOS) it keeps its name, and the next run removes what is left.
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
  fi
}

# other_bastion: what to say where the last call of reach met another bastion than BASTION_KEY says; fails where it did not.
other_bastion() {
  grep -q 'Host key verification failed' "$work/bastion_error" 2>/dev/null || return
  printf '%s' "the bastion ${BASTION#*@} has another host key than ssh_bastion.host_key says, and nothing went through it."
}

# reach COMMAND OPTION …: ssh, in the place of this shell: call it in a subshell. COMMAND empty: a login.
reach() {
  command=$1
  shift
  set -- -F /dev/null -T -o BatchMode=yes -o "ConnectTimeout=${CONNECT_TIMEOUT:-5}" -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o LogLevel=ERROR -p "${SSH_PORT:-22}" "$@"
  name=$ADDRESS
  [ -z "${SSH_PORT:-}" ] || name="[$ADDRESS]:$SSH_PORT"
  if [ -n "${HOST_KEY:-}" ]; then
    printf '%s %s\n' "$name" "$HOST_KEY" >"$work/known_hosts"
    set -- "$@" -o StrictHostKeyChecking=yes
  else
    # The key that a pin can hold comes first.
    set -- "$@" -o HostKeyAlgorithms=ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256
    if [ -n "${pinned:-}" ]; then
      printf '%s %s\n' "$name" "$(as_known "$pinned")" >"$work/known_hosts"
      set -- "$@" -o StrictHostKeyChecking=yes
    else
      rm -f "$work/known_hosts"
      set -- "$@" -o StrictHostKeyChecking=no
    fi
  fi
  # What this machine knows of other hosts is no word on this one: a key in there would pass for the pinned one, and one
  # that is met at a first contact would not be seen.
  set -- "$@" -o "UserKnownHostsFile=$work/known_hosts" -o GlobalKnownHostsFile=/dev/null
  [ -z "$key" ] || set -- "$@" -i "$key" -o IdentitiesOnly=yes
  if [ -n "${BASTION:-}" ]; then
    proxy="ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=${CONNECT_TIMEOUT:-5} -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR"
    # ssh fills %h and its like in first.
    fixed() { word "$1" | sed 's/%/%%/g'; }
    if [ -n "${BASTION_KEY:-}" ]; then
      printf 'bastion %s\n' "$BASTION_KEY" >"$work/bastion"
      proxy="$proxy -o HostKeyAlias=bastion -o StrictHostKeyChecking=yes -o $(fixed "UserKnownHostsFile=$work/bastion") -E $(fixed "$work/bastion_error")"
    else
      proxy="$proxy -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    fi
    [ -z "$key" ] || proxy="$proxy -i $(fixed "$key") -o IdentitiesOnly=yes"
    set -- "$@" -o "ProxyCommand=$proxy -W %h:%p -p ${BASTION%% *} -- $(fixed "${BASTION#* }")"
  fi
  # shellcheck disable=SC2029 # fixed text
  exec ssh "$@" -l "$SSH_USER" -- "$ADDRESS" ${command:+"$command"}
}

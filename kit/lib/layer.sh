# The library of a layer: what each of them begins with. The lines before it set layer (its name) and token (what the
# plan asked for); those after it bring settings and files, in the words of files.sh.
set -eu
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

# Root does the work; another bootstrap user needs passwordless sudo.
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || {
    echo "$layer: $(id -un) may not use sudo without a password. Allow it, or connect as root (app_bootstrap_user)." >&2
    exit 1
  }
  exec sudo -n env "UPLOADS=${0%/*}" "SSH_CONNECTION=${SSH_CONNECTION:-}" "SUDO_FROM=$(id -un)" /bin/sh "$0"
fi

# The part that terraform sees: a worker of its own does the work, this one prints what the worker says.
# Terraform hangs up when it is interrupted or the connection is cut; the worker then goes on to its end.
if [ -z "${WORKER:-}" ]; then
  trap '' HUP
  install -d -m 0700 /var/lib/pvestack /run/pvestack
  install -d -m 0750 /var/log/pvestack
  # In memory: where the disk is full, there is room to say so.
  run=/run/pvestack/$layer.$$
  install -d -m 0700 "$run"
  cp "$0" "$run/script"
  uploads=${UPLOADS:-${0%/*}}
  if [ -f "$uploads/.pvestack-$layer.secrets" ]; then mv "$uploads/.pvestack-$layer.secrets" "$run/secrets"; fi
  : >"$run/log"
  exec 8<"$run/log"
  WORKER=$run setsid /bin/sh "$run/script" >"$run/log" 2>&1 </dev/null 8<&- &
  worker=$!
  # Nothing in it is to steer the terminal of who deploys.
  tail -n +1 -s 0.05 -f --pid="$worker" <&8 2>/dev/null | LC_ALL=C stdbuf -oL tr -d '\000-\010\013-\037\177' || true
  status=0
  wait "$worker" || status=$?
  exit "$status"
fi

# A place that every user may be in.
cd /
work=$WORKER
state=/var/lib/pvestack/$layer
printf '%s\n' "$$" >"$work/pid"

# The end of the worker, whatever it is: the log stays, and a full disk is named.
over() {
  if [ "$1" -ne 0 ]; then
    full=$(for kind in k i; do df -P$kind / /var /var/lib/pvestack /srv/app; done 2>/dev/null | awk '$2 + 0 > 0 && $4 ~ /^[0-9]+$/ && $4 + 0 < 2048 { print $6 }' | sort -u | tr '\n' ' ')
    [ -z "$full" ] || printf '%s: the disk of the guest is full (%s); make room or grow disk_size, and deploy again\n' "$layer" "${full% }"
  fi
  log=/var/log/pvestack/$layer.log
  if [ -f "$log" ]; then mv -f "$log" "$log.1"; fi
  cp "$work/log" "$log" || true
  rm -rf "$work"
}
trap 'over $? 2>/dev/null' EXIT

# say WORD WHAT: one line for people.
say() { printf '%-8s %s\n' "$1" "$2"; }

# die MESSAGE: what is wrong and what to do.
die() {
  printf '%s: %s\n' "$layer" "$*" >&2
  exit 1
}

# The layer kit brings the library itself; the others find it where that layer put it.
command -v library >/dev/null 2>&1 || library() { . "/usr/local/lib/pvestack/$1.sh"; }

# One run at a time on a guest; a deploy by hand takes the same lock.
library lib/lock
lock "the layer $layer" || die "$held_for_long"

# What a killed run left in memory.
for left in /run/pvestack/"$layer".*; do
  [ "$left" = "$work" ] || kill -0 "$(cat "$left/pid" 2>/dev/null || echo 1)" 2>/dev/null || rm -rf "$left"
done

install -d -m 0700 "$state"

library lib/manifest
library lib/files
library lib/leave
library lib/proxy
library "layers/$layer"

#!/bin/sh
# Asks the guest how it is, at plan: its program look answers. Runs where terraform runs; an answer in any case, so
# that a guest that does not answer never keeps anyone from repairing it. From the environment: ADDRESS, SSH_USER,
# LAYERS and, where there are any, STACK and OWNER, SSH_PORT, KEY_FILE, HOST_KEY, PIN, BASTION, BASTION_KEY, RELEASE, REPO,
# BRANCH; the key itself is TF_VAR_ssh_private_key of terraform's environment (the arguments and the answer of this program stand in
# the state). With CONTACT=yes it is the first contact of a deploy: it waits until the guest lets it in, asks only whose
# it is, and refuses another stack's before anything is sent there. MAC is the guest's then: a pin of another MAC is of a
# guest that was before this one. What preflight.sh needs to pin the key comes along.
set -eu
umask 077

# shellcheck source=/dev/null
. "${0%/*}/ssh.sh"
workplace pvestack-look
started=
# shellcheck disable=SC2086,SC2154 # process ids; work is of workplace
trap 'rm -rf "$work"; [ -z "$started" ] || kill $started 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM

# What a guest says ends up in a terminal and in the state: bounded, and only harmless characters.
clean() { tr -cd 'A-Za-z0-9 .,:;/_()+@~=-' | cut -c 1-"$1"; }

now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

# said NAME: what the guest answered under this name.
said() { sed -n "s/^$1 //p" "$work/said" 2>/dev/null | head -n 1; }

answer() {
  if [ "${CONTACT:-}" = yes ]; then
    printf '%s\n' "$2" | clean 900 >&2
    echo >&2
    exit 1
  fi
  : >>"$work/said"
  # One program: as many as there are values take as long as the guest. Of each layer sums is what it was asked for last,
  # see renderers/look.ts; keys are all host keys, which terraform's own connections check.
  met=$(as_pin "$work/known_hosts")
  # A host that shows keys of other types only is another one than one that was not met.
  # shellcheck disable=SC2154 # of host-key.sh
  [ -n "$met" ] || [ ! -s "$work/known_hosts" ] || met=$none
  ASKED=$1 NOTE=$2 STRANGER=${stranger:-} NOW=$now KEY=$met LC_ALL=C awk '
    function only(allowed, most, text) {
      gsub("\n", " ", text)
      gsub("[^" allowed "]", "", text)
      return substr(text, 1, most)
    }
    function put(name, value) { printf ",\"%s\":\"%s\"", name, value }
    { space = index($0, " "); name = substr($0, 1, space - 1); rest = substr($0, space + 1) }
    name == "sums" { sums = sums rest " " }
    name == "hostkey" && hosts++ < 5 { keys = keys (keys == "" ? "" : ",") rest }
    !(name in said) { said[name] = rest }
    END {
      words = "A-Za-z0-9 .,:;/_()+@~=-"
      printf "{\"asked\":\"%s\",\"note\":\"%s\"", ENVIRON["ASKED"], only(words, 600, ENVIRON["NOTE"])
      put("stranger", only(words, 900, ENVIRON["STRANGER"]))
      count = split(ENVIRON["LAYERS"], layers, " ")
      for (i = 1; i <= count; i++) put(layers[i], only(words, 200, said[layers[i]]))
      put("sums", only("a-z0-9_:, ", 30000, sums))
      put("runs", only(words, 64, said["runs"]))
      put("key", ENVIRON["KEY"])
      put("keys", only("A-Za-z0-9+/=, -", 8000, keys))
      put("now", ENVIRON["NOW"])
      print "}"
    }' "$work/said"
  exit 0
}

# shellcheck source=/dev/null
. "${0%/*}/host-key.sh"

command -v ssh >/dev/null 2>&1 || answer no 'ssh is not installed here, so the guest was not looked at.'

pinned=
# shellcheck disable=SC2154 # of host-key.sh
case ${PIN:-} in
  '' | *-"$none") ;;
  "${MAC:-}"*) pinned=${PIN#*-} ;;
esac
# know PIN: what the commands of every day hold to (cli/guest/known.ts), beside the stack's file: whose its guest is, and
# the key that it has to answer with. Only where terraform keeps its own data here.
know() {
  known=${TF_DATA_DIR:-.terraform}
  [ -d "$known" ] || return 0
  known=$known/pvestack-known
  { printf '%s %s\n' "${OWNER:--}" "${1:--}" >"$known.$$" && mv "$known.$$" "$known"; } 2>/dev/null || rm -f "$known.$$"
}
# Of an external host only the first contact has the pin.
[ -z "${PIN+set}${HOST_KEY:-}" ] || know "${pinned:+$PIN}"
if [ -z "${TF_VAR_ssh_private_key:-}${KEY_FILE:-}" ] && [ "${KEY_GIVEN:-}" = yes ]; then
  answer no 'ssh_private_key is no environment variable of this plan (TF_VAR_ssh_private_key), so the guest was not looked at.'
fi
open_key

# talk COMMAND: runs it on the guest, with $work/question as its input; $status, $work/answer and
# $work/error are what came. A guest that says too much or never ends is no better than one that says nothing. Where ssh
# ends by itself, the guard goes with it.
talk() {
  (
    ulimit -f 64
    reach "$1" <"$work/question" >"$work/answer" 2>"$work/error"
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
  kill "${started#* }" 2>/dev/null || true
}

# judge WHOSE: what a guest says of whose it is. One that says nothing is new, or nobody's.
stranger=
judge() {
  if [ "${ADOPT:-}" = yes ] || [ -z "${OWNER:-}" ] || [ -z "$1" ] || [ "$1" = "$STACK $OWNER" ]; then return; fi
  stranger="Another host answers at $ADDRESS: it says that it belongs to the stack $1, and this is $STACK $OWNER. Nothing was sent to it. Look who has that address (ip). If it is the guest of this stack after all, such as a copy of another one, remove /etc/pvestack/owner there."
}

# other_key: whether the last talk ended because another key answers.
other_key() { grep -q 'Host key verification failed' "$work/error"; }

# RELEASE is an argument of git on the guest.
case ${RELEASE:-} in *[!A-Za-z0-9._/+-]*) answer no 'the variable release is no commit, tag or branch.' ;; esac
# What a login prints (a .bashrc, a banner) is no answer: only what stands between these two marks is.
mark=look-$(od -An -N 8 -tx1 /dev/urandom | tr -d ' \n')
whose="head -c 200 /etc/pvestack/owner 2>/dev/null"
if [ "${CONTACT:-}" = yes ]; then
  : >"$work/question"
  until=$(($(date +%s) + 180))
  denied=
  while :; do
    talk "sh -c 'echo; echo $mark \$($whose)'"
    if [ "$status" -eq 0 ] && grep -q "^$mark" "$work/answer"; then
      judge "$(sed -n "s/^$mark //p" "$work/answer" | head -n 1 | clean 200)"
      [ -z "$stranger" ] || answer no "$stranger"
      if [ -n "${HOST_KEY:-}" ] || [ -n "$pinned" ] || [ -z "${MAC:-}" ]; then exit 0; fi
      new=$(as_pin "$work/known_hosts")
      know "${new:+$MAC-$new}"
      rm -rf "$work"
      MODE=pin PINNED=hostkey-$MAC-${new:-$none} exec /bin/sh "${0%/*}/preflight.sh"
    fi
    why=$(tail -n 1 "$work/error" | clean 200)
    if bastion=$(other_bastion); then answer no "$bastion"; fi
    if [ -n "$pinned" ] && other_key; then answer no "$(changed_key)"; fi
    case $why in
      *'Host key verification failed'*)
        answer no "host key mismatch: what answers at $ADDRESS has another host key than ssh_host_key says. Nothing was sent to it. Look who has that address; if the guest was made anew, write its new key."
        ;;
      *'Permission denied'*)
        # A guest that has just started may not know its keys yet.
        : "${denied:=$(date +%s)}"
        [ "$(($(date +%s) - denied))" -lt "${PATIENCE:-10}" ] ||
          answer no "$SSH_USER@$ADDRESS is there, and does not let this key in: $why. It has to be the key of one of the ssh_public_keys that the guest was created with, and $SSH_USER the user who has it (app_bootstrap_user)."
        ;;
      *) denied= ;;
    esac
    [ "$(date +%s)" -lt "$until" ] || answer no "$SSH_USER@$ADDRESS does not let this deploy in for three minutes: $why"
    sleep 1
  done
fi
printf '%s\n' "$mark" "$LAYERS" "${RELEASE:-}" "${REPO:-}" "${BRANCH:-}" "${WATCH:-}" >"$work/question"
look=/usr/local/lib/pvestack/look
run="sh -c 'if [ -x $look ]; then exec $look; fi; read -r mark; echo; echo \$mark owner \$($whose); echo \$mark none'"
[ "$SSH_USER" = root ] || run="sudo -n $run"
talk "$run"
if [ -n "$pinned" ] && other_key; then
  stranger=$(changed_key)
  answer no ''
fi
# A guest that is only busy would otherwise seem to have lost what its layers said last.
if [ "$status" -eq 255 ] && ! grep -qE 'Permission denied|Host key' "$work/error"; then
  sleep 1
  talk "$run"
fi
if [ "$status" -ne 0 ] && grep -qi 'sudo.* tty' "$work/error"; then
  # sudo with requiretty: script(1) of the guest gives it a terminal, which ends lines in its own way.
  talk "exec script -qE never -ec $(word "$run") /dev/null"
  tr -d '\r' <"$work/answer" >"$work/lines"
  mv "$work/lines" "$work/answer"
fi

printed=$(sed "/^$mark /,\$d" "$work/answer" | grep -v '^$' | head -n 1 | clean 60)
if [ "$status" -eq 0 ] && grep -qx "$mark none" "$work/answer"; then
  {
    sed -n "s/^$mark owner /owner /p" "$work/answer"
    for name in $LAYERS; do echo "$name $now: not configured"; done
  } >"$work/said"
elif [ "$status" -eq 0 ] && grep -qx "$mark end" "$work/answer"; then
  awk -v mark="$mark" '$0 == mark " end" { exit } on { print } $0 == mark " begin" { on = 1 }' "$work/answer" >"$work/said"
else
  why=$(other_bastion) || why=$(tail -n 1 "$work/error" | clean 200)
  # By a signal: the guard's, or that of the limit.
  case $status in
    0) why="the answer was cut off or is none${printed:+ (it begins: $printed)}" ;;
    143 | 153) why='no answer within a minute, or more than an answer' ;;
  esac
  # Whoever answers a deploy of this plan then need not be whoever did not answer here: by the key that terraform's own
  # connections hold to, only the pinned one is.
  held=
  if [ -n "$pinned" ]; then
    case $status in
      143 | 255)
        echo "hostkey $(as_known "$pinned")" >"$work/said"
        held=' Layers of this plan take the pinned host key alone: plan again once it answers.'
        ;;
    esac
  fi
  answer no "$SSH_USER@$ADDRESS does not let this plan look at the guest: $why${held:+.$held}"
fi
# A guest that was configured and has no pin, such as one whose tag was removed to have other keys accepted: the next deploy
# is a first contact. The guest keeps this word then, as it keeps others, so it comes once.
if [ "${PIN-none}" = '' ] && [ -n "$(said kit)" ] && ! grep -qx "$mark none" "$work/answer"; then
  sed "s/^kit .*/kit $now: host key not pinned/" "$work/said" >"$work/lines"
  mv "$work/lines" "$work/said"
fi
judge "$(said owner | clean 200)"
note=$(said note | clean 300)
if [ -n "$printed" ]; then
  note="${note:+$note }The login of $SSH_USER prints text where only programs read (it begins: $printed). Uploads of terraform fail of that: let .bashrc and its like print in interactive shells only."
fi
answer yes "$note"

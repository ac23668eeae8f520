# The repository, as far as it can be asked: where its names are at, there and in the mirror of the guest.
mirror=$base/repo.git

# A git of the background would hold the lock on after the end.
export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=gc.autoDetach GIT_CONFIG_VALUE_0=false
ssh='ssh -o BatchMode=yes -o ConnectTimeout=15'
if [ -f /etc/pvestack/deploy_key ]; then ssh="$ssh -i /etc/pvestack/deploy_key -o IdentitiesOnly=yes"; fi
if [ -f /etc/pvestack/known_hosts ]; then
  ssh="$ssh -o StrictHostKeyChecking=yes -o UserKnownHostsFile=/etc/pvestack/known_hosts -o GlobalKnownHostsFile=/dev/null"
else
  ssh="$ssh -o StrictHostKeyChecking=accept-new"
fi
export GIT_SSH_COMMAND="$ssh"
# The mirror by itself: where it lacks files of old commits, git would ask the repository for them, unbounded.
mirror() { GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL=none git --git-dir="$mirror" "$@"; }

# is_commit NAME: written in full.
is_commit() {
  case $1 in
    *[!0-9a-f]*) return 1 ;;
    ????????????????????????????????????????) ;;
    *) return 1 ;;
  esac
}

# resolve NAME: the commit of a commit, tag or branch, as of the last fetch.
resolve() { mirror rev-parse --verify --quiet "$1^{commit}" 2>/dev/null; }

# reason: of git's last words those that tell something, on one line.
reason() { grep -v -e '^$' -e '^Please make sure' -e '^and the repository exists' -e '^Warning: Permanently' | tail -n 2 | plain | tr '\n' ' '; }

# head_of [NAME]: the commit of the branch, or of that commit, tag or branch.
head_of() {
  name=${1:-$branch}
  case ${1:-} in
    '') set -- "refs/heads/$branch" ;;
    *[!0-9a-f]* | ?????????????????????????????????????????*) set -- "refs/tags/$1^{}" "refs/tags/$1" "refs/heads/$1" ;;
    ????????????????????????????????????????) echo "$1" && return ;;
    # A shortened commit is nothing that git tells from afar.
    *) set -- "refs/tags/$1^{}" "refs/tags/$1" "refs/heads/$1" "$1" ;;
  esac
  said=$(proxied timeout 20 git ls-remote -- "$repo" "$@" 2>&1) ||
    fail 10 "$repo: $(printf '%s\n' "$said" | reason)"
  for ref; do
    found=$(printf '%s\n' "$said" | awk -F '\t' -v ref="$ref" '$2 == ref { print $1 }')
    if [ -z "$found" ] && [ "$ref" = "$name" ]; then found=$(resolve "$ref" || true); fi
    if [ -n "$found" ]; then printf '%.64s\n' "$found" && return; fi
  done
  fail 10 "the repository has no commit, tag or branch $name"
}

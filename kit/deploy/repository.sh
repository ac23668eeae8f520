# The repository: a mirror on the guest, and what is in it.
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
mirror() { git --git-dir="$mirror" "$@"; }

# resolve NAME: the commit of a commit, tag or branch, as of the last fetch.
resolve() { mirror rev-parse --verify --quiet "$1^{commit}" 2>/dev/null; }

# fetched COMMIT: whether it is here as a whole. A fetch that was cut off leaves commits whose files are missing, and
# git checks those out as nothing; a branch or tag moves only once everything is there.
fetched() { mirror for-each-ref --count=1 --contains "$1" 2>/dev/null | grep -q .; }

fetch() {
  if [ ! -d "$mirror" ]; then
    rm -rf "$mirror.new"
    git init --quiet --bare "$mirror.new"
    mv -T "$mirror.new" "$mirror"
    chmod 0750 "$mirror"
  fi
  # A build may ask git what it builds.
  chgrp app-build "$mirror"
  timeout 600 git --git-dir="$mirror" fetch --quiet --force --prune --tags -- "$repo" '+refs/heads/*:refs/heads/*'
}

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
  said=$(timeout 20 git ls-remote -- "$repo" "$@" 2>&1) ||
    fail 10 "$repo: $(printf '%s\n' "$said" | reason)"
  for ref; do
    found=$(printf '%s\n' "$said" | awk -F '\t' -v ref="$ref" '$2 == ref { print $1 }')
    if [ -z "$found" ] && [ "$ref" = "$name" ]; then found=$(resolve "$ref" || true); fi
    if [ -n "$found" ]; then printf '%.64s\n' "$found" && return; fi
  done
  fail 10 "the repository has no commit, tag or branch $name"
}

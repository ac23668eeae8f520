# The mirror of the repository: of each branch and tag its commits and folders, and the files of what was deployed.
# The other files stay with the server, where it can leave them out (git-clone(1), --filter). It is a cache, and the
# deploy holds the lock of the guest: what is locked in it is so by nobody, and where it is broken it is made anew.

# fetched COMMIT: whether it is here as a whole. A fetch that was cut off leaves commits whose folders are missing; a
# branch or tag moves only once everything is there.
fetched() { mirror for-each-ref --count=1 --contains "$1" 2>/dev/null | grep -q .; }

# without_fetch NAME: a commit that was named in full and is here already.
without_fetch() {
  if is_commit "$1" && fetched "$1"; then resolve "$1"; fi
}

# in_mirror WHAT OPTION …: git there, with a way to the repository.
in_mirror() {
  what=$1
  shift
  from_afar "$what" git --git-dir="$mirror" "$@"
}

# new_mirror: in the place of what is there; files of LFS have names by their sums, so they stay. Where a server does
# not serve single files, the mirror has all of them.
unserved=
new_mirror() {
  rm -rf "$mirror.new"
  git init --quiet --bare "$mirror.new" || return
  if [ -z "$unserved" ]; then
    git --git-dir="$mirror.new" config remote.origin.promisor true || return
    git --git-dir="$mirror.new" config remote.origin.partialclonefilter blob:none || return
  fi
  if [ -d "$mirror/lfs" ]; then mv -T "$mirror/lfs" "$mirror.new/lfs"; fi
  rm -rf "$mirror"
  mv -T "$mirror.new" "$mirror"
  # A build may ask git what it builds.
  chgrp app-build "$mirror"
  chmod 0750 "$mirror"
}

# sweep: what a git that was killed left.
sweep() {
  find "$mirror" -name '*.lock' -exec rm -rf {} +
  rm -f "$mirror/gc.pid"
  find "$mirror/objects" \( -name 'tmp_*' -o -name '.tmp-*' -o -name 'incoming-*' \) -prune -exec rm -rf {} +
}

# update: the branches and tags, and a commit that was asked for and that none of them leads to.
update() {
  [ -d "$mirror" ] || new_mirror || return
  sweep
  mirror config remote.origin.url "$repo" || return
  in_mirror fetch fetch --progress --force --prune --no-tags origin \
    '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*' || return
  if is_commit "$asked"; then
    fetched "$asked" || in_mirror fetch fetch --progress --no-tags origin "+$asked:refs/asked/$asked" || true
  elif mirror rev-parse --verify --quiet "$asked" >/dev/null 2>&1; then
    # Git asks nothing of a commit where its name has not moved.
    resolve "$asked" >/dev/null
  fi
}

# files: those of the commit, as many as are missing, at once.
files() {
  mirror rev-list --objects --missing=print --max-count=1 "$commit" >"$record/objects" || return
  sed -n 's/^?//p' "$record/objects" >"$record/missing"
  [ -s "$record/missing" ] || return 0
  in_mirror files -c fetch.negotiationAlgorithm=noop fetch --progress --no-tags --no-write-fetch-head \
    --recurse-submodules=no --filter=blob:none --stdin origin <"$record/missing" || {
    unserved=yes
    return 1
  }
}

# with_mirror COMMAND …: where it fails by the mirror, once more with a new one.
with_mirror() {
  before=$([ ! -d "$mirror" ] || echo old)
  "$@" && return
  [ -n "$before" ] && by_mirror || return
  printf '  %-18s %s\n' mirror "$mirror is broken, so it is made anew" >&3
  new_mirror && update && "$@"
}

# by_mirror: whether a failure can be the mirror's: neither the time's, nor the disk's, nor the repository's.
by_mirror() {
  [ -z "$timed_out" ] || return
  ! grep -q 'No space left on device' "$record/step.log" || return
  proxied timeout 20 git ls-remote -- "$repo" HEAD >/dev/null
}

fetch() { with_mirror update; }

# Of a branch the last commit that touches what the env watches (watch in the inventory): paths of the repository, or
# patterns of git, with a space between them. The commits are those that the branch itself was at: of what was merged the
# merge.

# last_touching GIT-DIR HEAD: prints it; nothing where none does.
last_touching() (
  set -f
  # shellcheck disable=SC2086 # its words
  GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL=none git --git-dir="$1" log --first-parent -1 --format=%H "$2" -- $watch
)

nothing_touches() { printf '%s' "no commit of the branch $branch touches $watch (watch in the inventory)"; }

# watched_head: it, for a plan, which changes nothing here: commits that the mirror has not yet are fetched beside it, and
# forgotten.
watched_head() {
  head=$(head_of)
  if [ -d "$mirror" ] && fetched "$head"; then
    found=$(last_touching "$mirror" "$head")
  else
    aside=$(mktemp -d)
    found=$(in_fetched_aside) || {
      why=$(reason <"$aside/error")
      rm -rf "$aside"
      fail 10 "$repo: $why"
    }
    rm -rf "$aside"
  fi
  [ -n "$found" ] || fail 10 "$(nothing_touches)"
  printf '%s\n' "$found"
}

in_fetched_aside() {
  {
    git init --quiet --bare "$aside/git"
    git --git-dir="$aside/git" config remote.origin.url "$repo"
    git --git-dir="$aside/git" config remote.origin.promisor true
    git --git-dir="$aside/git" config remote.origin.partialclonefilter blob:none
    if [ -d "$mirror/objects" ]; then
      printf '%s\n' "$mirror/objects" >"$aside/git/objects/info/alternates"
    fi
    # Within the time that a plan has for a guest.
    timeout 40 git --git-dir="$aside/git" fetch --quiet --no-tags origin "+refs/heads/$branch:refs/heads/watched"
  } 2>"$aside/error" >&2 || return
  last_touching "$aside/git" refs/heads/watched
}

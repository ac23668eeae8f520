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
    beside=$(mktemp -d)
    # Within the time that a plan has for a guest.
    if ! fetch_aside "$beside" 40 blob:none "refs/heads/$branch"; then
      why=$(reason <"$beside/error")
      rm -rf "$beside"
      fail 10 "$repo: $why"
    fi
    found=$(last_touching "$beside/git" refs/heads/aside)
    rm -rf "$beside"
  fi
  [ -n "$found" ] || fail 10 "$(nothing_touches)"
  printf '%s\n' "$found"
}

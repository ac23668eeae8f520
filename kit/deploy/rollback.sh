# Back to a release before by hand, and the hold that keeps the next deploy from undoing it.

# held_at COMMIT: whether a rollback by hand is to stay although this commit is wanted (release.sh asks so).
held_at() {
  [ -n "${PVESTACK_LOCKED:-}" ] && [ -f "$record/held" ] || return 1
  read -r at seen <"$record/held"
  [ "$seen" = "$1" ]
}

# rollback [RELEASE]: to the release before, or to one by its name, its number or the beginning of its commit.
rollback() {
  live=$(current)
  [ -n "$live" ] || fail 1 'no release is deployed yet'
  # One that was rolled back from is nothing to go back to.
  if [ -n "${1:-}" ]; then
    target=$(releases | while read -r one; do
      case ${one##*/} in "$1" | "$1"-*) ;; *) case $(commit_of "$one") in "$1"*) ;; *) continue ;; esac ;; esac
      if is_made "$one"; then echo "$one" && break; fi
    done)
    [ -n "$target" ] || fail 1 "there is no release $1 on this guest; see: deploy_app.sh --list"
    [ "$target" != "$live" ] || fail 1 "${live##*/} is live already"
  else
    target=$(releases | awk -v live="$live" 'found { print } $0 == live { found = 1 }' | while read -r one; do
      if [ ! -e "$known/${one##*/}.left" ] && is_made "$one"; then echo "$one" && break; fi
    done)
    [ -n "$target" ] || fail 1 "there is no release before this one; see: deploy_app.sh --list"
  fi
  commit=$(commit_of "$target")
  attempt=$commit
  say rollback "$(short "$(commit_of "$live")") → $(short "$commit")"
  # What was deployed last: only something else than that ends the hold.
  seen=$(commit_of "$live")
  if [ -f "$record/held" ]; then read -r _ seen <"$record/held"; fi
  activate "$target"
  touch "$known/${live##*/}.left"
  remember "$commit" rolled-back
  printf '%s %s\n' "$commit" "$seen" >"$record/held"
  say held "at $(short "$commit"): deploys leave it there until a new commit, another release, or deploy_app.sh --unhold"
}

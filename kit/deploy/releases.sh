# The releases: one folder each, beside one another. What is known of each (its commit, whether it was left by a
# rollback) stands apart from them, where no build can write: a release counts as made once its commit is there.
known=$record/releases

# releases: their folders, the newest first; a name begins with its number.
releases() { find "$base/releases" -mindepth 1 -maxdepth 1 -type d | newest_first; }
# commit_of RELEASE: empty for one that is not made.
commit_of() { cat "$known/${1##*/}.commit" 2>/dev/null || true; }
# built_alike RELEASE: whether it was built with what the inventory says now: values that a build compiles in, commands.
built_alike() {
  built=$known/${1##*/}.built
  if [ ! -e "$record/built_with" ] && [ ! -e "$built" ]; then return 0; fi
  cmp -s "$record/built_with" "$built"
}
# note_part FOLDER: of a release that is built part by part (see has_built).
note_part() {
  : >>"$record/parts"
  # Files, which nothing runs, are built again where they become a service.
  if services | cut -d ' ' -f 2 | grep -qxF -- "$1"; then printf '%s\n' "$1" >>"$record/parts"; fi
}
is_made() { [ -e "$known/${1##*/}.commit" ]; }
short() { printf '%.7s' "$1"; }
current() { readlink "$base/current" 2>/dev/null || true; }

# What was built is nothing that the application or a later build may write.
seal() {
  chown -R root:app "$release"
  chmod -R g-w,o-rwx "$release"
  chmod 0750 "$release"
  install -d -m 0700 "$known"
  clean_builds
  if [ -e "$record/built_with" ]; then cp "$record/built_with" "$known/${release##*/}.built"; fi
  if [ -e "$record/parts" ]; then cp "$record/parts" "$known/${release##*/}.parts"; fi
  printf '%s\n' "$commit" >"$known/${release##*/}.commit"
}

# remember COMMIT HOW: what is deployed; that ends a hold.
remember() {
  rm -f "$record/held"
  # Where nothing new runs, and be it built again, what failed is still what was tried last.
  if [ "$2" = deployed ] && [ "$1" != "$(cat "$record/deployed" 2>/dev/null)" ]; then rm -f "$record/failed"; fi
  printf '%s\n' "$1" >"$record/deployed.new"
  mv -f "$record/deployed.new" "$record/deployed"
  printf '%s\n%s\n' "$repo" "$branch" >"$record/source"
  attempt=
  [ "$2" = again ] || enter "$1" "$2"
}

# enter COMMIT RESULT: into the history: when, which commit, what came of it, who, and the commit's subject. It is the
# record of what people ask for later, so the subject is kept with it.
attempt=
enter() {
  printf '%s\t%s\t%s\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$2" "$by" "$(subject_of "$1")" >>"$record/history"
  [ "$(wc -l <"$record/history")" -le 600 ] || {
    tail -n 500 "$record/history" >"$record/history.new"
    mv -f "$record/history.new" "$record/history"
  }
}

# subject_of COMMIT: whoever commits writes it.
subject_of() { mirror log -1 --format=%s "$1" 2>/dev/null | plain | tr '\t' ' ' | head -n 1 | bounded; }

# failed STATUS: a deploy that did not come to its end.
failed() { [ -z "$attempt" ] || [ "$1" -eq 0 ] || enter "$attempt" "failed-$1"; }

prune() {
  releases | awk -v keep="$keep" 'NR > keep' | while read -r old; do
    case $old in "$(current)" | "$release") ;; *) rm -rf "$old" ;; esac
  done
  for mark in "$known"/*; do
    name=${mark##*/}
    [ -d "$base/releases/${name%.*}" ] || rm -f "$mark"
  done
}

list() {
  live=$(current)
  releases | while read -r one; do
    is_made "$one" || continue
    mark=' '
    [ "$one" != "$live" ] || mark='*'
    printf '%s %s %s\n' "$mark" "${one##*/}" "$(subject_of "$(commit_of "$one")")"
  done
  if [ -f "$record/held" ]; then say held "by hand; deploy_app.sh --unhold ends it"; fi
}

# history: what was deployed, the newest last, as it is kept; before each line whether that commit is live (*) or can be
# gone back to (+).
history() {
  [ -e "$record/history" ] || return 0
  live=$(commit_of "$(current)")
  standing=$(releases | while read -r one; do commit_of "$one"; done)
  tail -n 500 "$record/history" | awk -F '\t' -v OFS='\t' -v live="$live" -v standing="$standing" '
    BEGIN { count = split(standing, list, "\n"); for (i = 1; i <= count; i++) stands[list[i]] = 1 }
    { print ($2 == live ? "*" : $2 in stands ? "+" : "-"), $0 }'
}

# The manifest of a layer: what it put on the guest. The look compares the guest with it, and what a later run does not
# want any more is found in it.
# Entries of the run before, and of failed runs since: what of them is not wanted any more leaves at the end.
touch "$state/manifest" "$state/pending"
sort -u "$state/manifest" "$state/pending" >"$work/before"
: >"$work/manifest"
: >"$work/changed"
: >"$work/elsewhere"
: >"$work/abandoned"

# note KIND NAME [DETAILS]: an entry of the manifest, on disk before the thing itself is.
note() {
  printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$state/pending"
  printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$work/manifest"
}

# changed WHAT, removed WHAT, unchanged WHAT: say it, and remember what changed in this run.
changed() {
  printf '%s\n' "$1" >>"$work/changed"
  say changed "$1"
}
removed() {
  printf 'removed %s\n' "$1" >>"$work/changed"
  say removed "$1"
}
unchanged() { say ok "$1"; }
has_changed() { grep -qxF "$1" "$work/changed"; }

# Whether another layer wants an entry, too: it did when it last ran, or will when it runs next.
elsewhere() {
  if grep -qxF "$1" "$work/elsewhere"; then return 0; fi
  for other in /var/lib/pvestack/*/manifest; do
    [ "$other" != "$state/manifest" ] || continue
    if grep -qxF "${other%/manifest}" "$work/abandoned"; then continue; fi
    if cut -f 1,2 "$other" | grep -qxF "$1"; then return 0; fi
  done
  return 1
}

# finish: takes away what is not wanted any more, and says that all is done.
finish() {
  cut -f 1,2 "$work/manifest" | sort -u >"$work/wanted"
  # Units first, while their files are still there; folders last, when they are empty.
  for kind in timer unit service keys user firewall locale package kept-package file symlink tree folder; do
    grep "^$kind	" "$work/before" | sort -r >"$work/leaving" || continue
    while IFS='	' read -r what name details; do
      key=$(printf '%s\t%s' "${what#kept-}" "$name")
      if grep -qxF "$key" "$work/wanted" || elsewhere "$key"; then continue; fi
      leave "$what" "$name" "$details" </dev/null
    done <"$work/leaving"
  done
  while read -r other; do rm -rf "$other"; done <"$work/abandoned"
  # Of an entry that was noted twice the last one counts.
  tac "$work/manifest" | awk -F '\t' '!seen[$1 FS $2]++' >"$work/manifest.new"
  install -m 0600 "$work/manifest.new" "$state/manifest.new"
  mv -f "$state/manifest.new" "$state/manifest"
  # What was asked for: a plan compares, so that it sees a guest that was put back to an older backup.
  printf '%s\n' "$sums" >"$state/sums"
  printf '%s\n' "$token" >"$state/token.new"
  mv -f "$state/token.new" "$state/token"
  rm -f "$state/pending"
  if [ -s "$work/changed" ]; then
    say 'done' "$layer: $(sort -u "$work/changed" | wc -l) changed"
  else
    say 'done' "$layer: nothing to do"
  fi
}

# The layer kit: these programs themselves. kit_sums and kit_file come with them, see renderers/kit.ts.
# Their lines set whose: the stack and its owner.
kit=/usr/local/lib/pvestack

# mode_of NAME: what stands at the top is a program, what stands in a folder a part of one.
mode_of() {
  case $1 in */*) echo 0644 ;; *) echo 0755 ;; esac
}

before_files() {
  kit_sums >"$work/sums"
  while read -r _sum name; do
    mkdir -p "$work/kit/$(dirname "$name")"
    kit_file "$name" >"$work/kit/$name"
  done <"$work/sums"
  (cd "$work/kit" && sha256sum -c --quiet "$work/sums") >"$work/check" 2>&1 ||
    die "the programs did not arrive as they are: $(tr '\n' ' ' <"$work/check"). Deploy again."
}

after_files() {
  # All sums and modes at once: what is as it should be costs no process of its own.
  mkdir -p "$kit"
  (cd "$kit" && sha256sum -c "$work/sums" 2>/dev/null) | sed -n 's/: OK$//p' >"$work/same" || true
  (cd "$kit" && find . -type f -printf '0%m %u:%g %P\n') >"$work/modes"
  while read -r sum name; do
    path=$kit/$name mode=$(mode_of "$name")
    note file "$path" "$mode root:root $sum"
    if grep -qxF "$name" "$work/same" && grep -qxF "$mode root:root $name" "$work/modes"; then continue; fi
    [ -d "${path%/*}" ] || install -d "${path%/*}"
    install -m "$mode" "$work/kit/$name" "$path.new"
    mv -fT "$path.new" "$path"
    printf '%s\n' "$path" >>"$work/changed"
  done <"$work/sums"
  # Few are named; of a new kit, or another version, their number is enough.
  count=$(wc -l <"$work/changed")
  if [ "$count" -gt 5 ]; then
    say changed "$kit: $count of $(wc -l <"$work/sums") programs and parts"
  else
    while read -r path; do say changed "$path"; done <"$work/changed"
  fi
  printf '%s\n' "${whose:?}" >"$work/new"
  mode=0644 owner=root:root path=/etc/pvestack/owner
  place
  if grep -q '^/etc/systemd/' "$work/changed"; then systemctl daemon-reload; fi
  [ -s "$work/changed" ] || unchanged "$kit: $(wc -l <"$work/sums") programs and parts"
}

# Back to the files before, where the application does not run with those of this run: its units, their drop-ins, env
# files and all else that the layer keeps. Where a run was killed, those before it count.
kept=$state/before

# keep_files: a copy of what the layer has on the guest, before it changes any of it.
keep_files() {
  rm -rf "$kept.new"
  if [ -d "$kept" ] || [ ! -s "$state/manifest" ]; then return 0; fi
  install -d -m 0700 "$kept.new"
  awk -F '\t' '$1 == "file" { print $2 }' "$state/manifest" | while read -r path; do
    [ ! -f "$path" ] || cp -p --parents "$path" "$kept.new"
  done
  mv -T "$kept.new" "$kept"
}

# put_back: the files, and the services as they were started with them.
put_back() {
  tried=$state/tried
  rm -rf "$tried"
  install -d -m 0700 "$tried"
  services | cut -d ' ' -f 1 >"$work/units.tried"
  { awk -F '\t' '$1 == "file" { print $2 }' "$work/manifest"; (cd "$kept" && find . -type f | sed 's/^\.//'); } |
    sort -u | while read -r path; do
    if cmp -s "$path" "$kept$path"; then continue; fi
    [ ! -f "$path" ] || cp -p --parents "$path" "$tried"
    if [ -f "$kept$path" ]; then
      [ -d "${path%/*}" ] || install -d "${path%/*}"
      cp -p "$kept$path" "${path%/*}/.pvestack.new"
      mv -fT "${path%/*}/.pvestack.new" "$path"
    else
      rm -f "$path"
    fi
    say back "$path"
  done
  services | cut -d ' ' -f 1 >"$work/units.back"
  open_again
  grep -vxFf "$work/units.back" "$work/units.tried" | while read -r name; do
    systemctl disable --now --quiet "$name" 2>/dev/null || true
    systemctl reset-failed "$name" 2>/dev/null || true
  done
  systemctl daemon-reload
  while read -r name; do
    systemctl enable --quiet "$name" 2>/dev/null || true
    if awaits_build "$name"; then continue; fi
    if systemctl is-active --quiet "$name" && /usr/local/lib/pvestack/stamp --same "$name"; then continue; fi
    systemctl reset-failed "$name" 2>/dev/null || true
    systemctl restart "$name" || true
  done <"$work/units.back"
}

# open_again: the ports of these services that base_os has closed just before; the next run that succeeds closes them, or
# base_os wants them by then.
open_again() {
  closed=/var/lib/pvestack/base_os/closed
  [ -n "$(find "$closed" -mmin -60 2>/dev/null)" ] || return 0
  services | while read -r _ _ port _; do
    rule="allow $port/tcp"
    grep -qxF "$rule" "$closed" || continue
    note firewall "$rule" ours
    # shellcheck disable=SC2086 # the words of the rule
    ufw $rule >/dev/null
    say back "firewall: $rule"
  done
}

# forget_before: what was deployed stays.
forget_before() { rm -rf "$kept" "$state/tried" /var/lib/pvestack/base_os/closed; }

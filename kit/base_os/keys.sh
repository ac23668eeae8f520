# The keys that may log in. Those of the inventory stand in a block of their own; lines outside of it belong to
# others, but for keys that this tool or Proxmox's create put there and the inventory no longer has.

fingerprint() { printf '%s\n' "$1" | ssh-keygen -lf - 2>/dev/null | cut -d ' ' -f 2; }

# authorize_keys: those of the list keys, for the operators' user and for the one who connects.
authorize_keys() {
  cut -d ' ' -f 1,2 "$work/keys.wanted" >"$work/keys.wanted.bare"
  touch "$state/keys"
  # The key that this run logged in with stays, or the next run could not log in.
  # shellcheck disable=SC2086 # address and port of both ends
  set -- ${SSH_CONNECTION:-}
  in_use=
  if [ -n "${2:-}" ]; then
    in_use=$(journalctl -q -o cat --since -1h -t sshd -t sshd-session 2>/dev/null | sed -n "s/^Accepted publickey for .* port $2 ssh2: [^ ]* \(SHA256:[^ ]*\).*/\1/p" | tail -n 1) || true
  fi
  # Keys of earlier runs that the inventory no longer has.
  grep -vxF -f "$work/keys.wanted.bare" "$state/keys" >"$work/keys.gone" || true
  : >"$work/keys.drop"
  while read -r key; do
    if [ -z "$in_use" ]; then
      say warning "kept for now, as the key of this login is not known: a key that the inventory no longer has ($(fingerprint "$key"))"
    elif [ "$(fingerprint "$key")" = "$in_use" ]; then
      say warning "kept: the key that this run logged in with ($in_use), although the inventory no longer has it"
    else
      printf '%s\n' "$key" >>"$work/keys.drop"
    fi
  done <"$work/keys.gone"
  if [ -s "$work/keys.wanted" ] || [ -s "$state/keys" ]; then
    authorize "$user"
    bootstrap=${SUDO_FROM:-root}
    [ "$bootstrap" = "$user" ] || authorize "$bootstrap"
    grep -vxF -f "$work/keys.drop" "$state/keys" >"$work/keys.known" || true
    sort -u "$work/keys.known" "$work/keys.wanted.bare" >"$state/keys.new"
    mv -f "$state/keys.new" "$state/keys"
  else
    unchanged "keys: none in the inventory, those on the guest stay"
  fi
}

# authorize USER: the block in the user's authorized_keys.
authorize() {
  home=$(getent passwd "$1" | cut -d : -f 6)
  group=$(id -gn "$1")
  [ -d "$home/.ssh" ] || install -d -m 0700 -o "$1" -g "$group" "$home/.ssh"
  file=$home/.ssh/authorized_keys
  [ ! -L "$file" ] || file=$(readlink -f "$file")
  [ -e "$file" ] || install -m 0600 -o "$1" -g "$group" /dev/null "$file"
  # Outside of the block: without our keys, which move into it, and without those to drop.
  sed '/^# BEGIN pvestack$/,/^# END pvestack$/d' "$file" |
    awk -v wanted="$work/keys.wanted.bare" -v drop="$work/keys.drop" '
      BEGIN { while ((getline line < wanted) > 0) ours[line]; while ((getline line < drop) > 0) ours[line] }
      { for (i = 1; i < NF; i++) if (($i " " $(i + 1)) in ours && $1 !~ /^#/) next; print }
    ' >"$work/keys.file"
  cut -d ' ' -f 1,2 "$work/keys.file" >"$work/keys.others"
  {
    echo '# BEGIN pvestack'
    cat "$work/keys.wanted"
    # Kept, see above.
    grep -vxF -f "$work/keys.drop" "$work/keys.gone" | grep -vxF -f "$work/keys.others" || true
    echo '# END pvestack'
  } >>"$work/keys.file"
  note keys "$1" "$file $(sed -n '/^# BEGIN pvestack$/,/^# END pvestack$/p' "$work/keys.file" | sha256sum | cut -d ' ' -f 1)"
  if cmp -s "$work/keys.file" "$file"; then
    unchanged "keys of $1: $(wc -l <"$work/keys.wanted")"
  else
    install -m 0600 -o "$1" -g "$group" "$work/keys.file" "$file.pvestack.new"
    mv -f "$file.pvestack.new" "$file"
    changed "keys of $1: $(wc -l <"$work/keys.wanted")"
  fi
}

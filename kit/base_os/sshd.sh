# sshd: the settings are tried before they count.
sshd_conf=/etc/ssh/sshd_config.d/00-pvestack.conf
sshd_settings() {
  mkdir -p /run/sshd
  if ! sshd -t 2>"$work/check"; then
    if [ -f "$state/sshd.proven" ]; then cp -p "$state/sshd.proven" "$sshd_conf"; else rm -f "$sshd_conf"; fi
    die "sshd refuses its settings, and they were taken away again: $(cat "$work/check")"
  fi
  wanted=$(sshd -T | sha256sum)
  if [ "$wanted" = "$(cat "$state/sshd" 2>/dev/null)" ]; then
    unchanged "sshd"
    return
  fi
  arm
  apply_sshd
  printf '%s\n' "$wanted" >"$state/sshd"
  changed "sshd"
}

# sshd_as_found: the settings of this tool leave.
sshd_as_found() {
  if grep -q "^file	$sshd_conf	" "$work/before" && [ -f "$sshd_conf" ]; then
    arm
    rm -f "$sshd_conf"
    removed "$sshd_conf"
  fi
  if [ -f "$state/sshd" ]; then sshd_settings; fi
}

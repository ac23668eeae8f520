# The firewall.
firewall_on() { grep -qx ENABLED=yes /etc/ufw/ufw.conf 2>/dev/null && ufw status | grep -q '^Status: active'; }
added() { ufw show added | sed "s/ comment '.*'\$//"; }

# firewall: every rule of the list first, then the default, then on.
firewall() {
  if firewall_on; then by=found; else by=ours; fi
  if grep -qxF "firewall-on	ufw	ours" "$work/before"; then by=ours; fi
  note firewall-on ufw "$by"
  rm -f "$state/closed"
  added >"$work/ufw.added"
  while read -r rule; do
    by=found
    # Ours is also what an application that was put back has opened again.
    if grep -qsxF "firewall	$rule	ours" "$work/before" /var/lib/pvestack/app/pending || ! grep -qxF "ufw $rule" "$work/ufw.added"; then by=ours; fi
    note firewall "$rule" "$by"
    if grep -qxF "ufw $rule" "$work/ufw.added"; then
      unchanged "firewall: $rule"
    else
      arm
      # shellcheck disable=SC2086 # the words of the rule
      ufw $rule >/dev/null
      changed "firewall: $rule"
    fi
  done <"$work/firewall.wanted"
  added >"$work/ufw.added"
  lets_ssh_in || die "the firewall would lock SSH out, as sshd listens on port $sshd_ports; it was not enabled. Write ssh_port in the inventory; where another port is forwarded to this one, firewall_ports: [${sshd_ports%% *}] as well"
  if ! grep -qx 'DEFAULT_INPUT_POLICY="DROP"' /etc/default/ufw; then
    arm
    ufw default deny incoming >/dev/null
    changed "firewall: deny what no rule allows"
  fi
  if firewall_on; then
    unchanged "firewall: active"
  else
    arm
    ufw --force enable >/dev/null
    changed "firewall: active"
  fi
}

# lets_ssh_in: whether a rule allows a port of sshd, whatever port is forwarded to it.
lets_ssh_in() {
  sshd_ports=$(sshd -T | sed -n 's/^port //p' | tr '\n' ' ')
  sshd_ports=${sshd_ports% }
  for port in $sshd_ports; do
    if grep -qxF "ufw allow $port/tcp" "$work/ufw.added"; then return 0; fi
  done
  return 1
}

# firewall_as_found: what this tool switched on goes off before its rules leave; another's firewall stays.
firewall_as_found() {
  if grep -qxF "firewall-on	ufw	ours" "$work/before" && firewall_on; then
    arm
    ufw disable >/dev/null
    removed "firewall"
  fi
}

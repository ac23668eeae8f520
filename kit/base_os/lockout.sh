# A change of sshd or of the firewall is undone after two minutes, or at the next start, unless a fresh connection
# has proven it: terraform opens one right after the script of base_os. See the programs undo and prove.
undo=/var/lib/pvestack/undo

# watch_for_lockouts: from now on.
watch_for_lockouts() { rm -f "$undo/undone"; }

# arm: before a change that could lock everybody out.
arm() {
  if [ ! -e "$undo/armed" ]; then
    rm -rf "$undo"
    install -d -m 0700 "$undo"
    for file in /etc/ufw/user.rules /etc/ufw/user6.rules /etc/ufw/ufw.conf /etc/default/ufw; do
      [ ! -f "$file" ] || cp -p "$file" "$undo/"
    done
    [ ! -f "$state/sshd.proven" ] || cp -p "$state/sshd.proven" "$undo/sshd.conf"
    touch "$undo/armed"
  fi
  if ! systemctl is-enabled --quiet pvestack-undo.service 2>/dev/null; then undo_at_start; fi
  systemctl stop pvestack-undo.timer 2>/dev/null || true
  systemd-run --quiet --unit=pvestack-undo.service --on-active=120 --timer-property=AccuracySec=1s ||
    die "the timer that undoes a lock-out cannot be armed; nothing was changed"
}

# undo_at_start: a unit that stands as long as there is something to undo.
undo_at_start() {
  cat >/etc/systemd/system/pvestack-undo.service <<'EOF'
[Unit]
Description=Undo an unproven change of sshd or of the firewall
After=ufw.service ssh.service

[Service]
Type=oneshot
ExecStart=/usr/local/lib/pvestack/undo

[Install]
WantedBy=multi-user.target
EOF
  systemctl daemon-reload
  systemctl enable --quiet pvestack-undo.service
}

# Debian's Caddy: installed without its own page, checked before a file counts, reloaded rather than restarted.

# install_caddy: Debian starts it at once, with a page and an open admin port; so not before its settings are here.
install_caddy() {
  if [ -z "$(installed caddy)" ]; then systemctl mask --quiet --runtime caddy.service caddy-api.service 2>/dev/null; fi
  packages <"$work/packages.wanted"
  systemctl unmask --quiet --runtime caddy.service caddy-api.service 2>/dev/null || true
}

# caddyfile FILE: whether Caddy takes it; as its own user, for a file of its language opens what it likes.
caddyfile() {
  runuser -u caddy -- env HOME=/var/lib/caddy caddy validate --adapter caddyfile --config - <"$1" >"$work/caddy" 2>&1 ||
    { sed -n 's/^Error: //p' "$work/caddy" | sed 's/ -:\([0-9]*\): / line \1: /' && return 1; }
}

# keep_caddyfile, caddyfile_as_before: what it ran with.
keep_caddyfile() { [ ! -e /etc/caddy/Caddyfile ] || cp -p /etc/caddy/Caddyfile "$work/Caddyfile"; }
caddyfile_as_before() {
  [ -e "$work/Caddyfile" ] || return 0
  cp -p "$work/Caddyfile" /etc/caddy/Caddyfile.pvestack.new
  mv -fT /etc/caddy/Caddyfile.pvestack.new /etc/caddy/Caddyfile
}

# run_caddy: with the present files. A reload costs no connection; what a process is started with needs a restart.
run_caddy() {
  note service caddy.service
  if ! systemctl is-enabled --quiet caddy.service; then
    systemctl enable --quiet caddy.service
    changed "caddy.service is enabled"
  fi
  systemctl daemon-reload
  sum=$({ installed caddy && cat /etc/systemd/system/caddy.service.d/pvestack.conf; } | sha256sum)
  if ! systemctl is-active --quiet caddy.service || [ "$sum" != "$(cat "$state/started" 2>/dev/null)" ]; then
    systemctl reset-failed caddy.service 2>/dev/null || true
    systemctl restart caddy.service || no_caddy
    printf '%s\n' "$sum" >"$state/started"
    changed "caddy.service is restarted"
  elif has_changed /etc/caddy/Caddyfile || ! cmp -s /etc/caddy/Caddyfile "$state/loaded"; then
    reload_caddy || no_caddy
    changed "caddy.service is reloaded"
  else
    unchanged caddy.service
  fi
  cp /etc/caddy/Caddyfile "$state/loaded"
}

# reload_caddy: not by systemctl, which waits for ever for the end of a reload that failed.
reload_caddy() {
  runuser -u caddy -- env HOME=/var/lib/caddy \
    timeout 60 caddy reload --adapter caddyfile --config /etc/caddy/Caddyfile --force >"$work/caddy" 2>&1
}

# no_caddy: what it was given passes its check and does not run, e.g. where another program has the port.
no_caddy() {
  journalctl --sync 2>/dev/null || true
  journalctl -q -o cat -n 20 -u caddy.service | grep -i error | plain | bounded | tail -n 3
  caddyfile_as_before
  # A restart: what a failed reload had begun goes on to take connections, and answers none.
  systemctl restart caddy.service 2>/dev/null || true
  die "Caddy does not run with what was just deployed; it has its file of before again. See: journalctl -u caddy"
}

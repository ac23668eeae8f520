# Debian's Redis: never started with the port that its package would open.

# install_redis: Debian starts it at once; so not before its settings are here.
install_redis() {
  if [ -z "$(installed redis-server)" ]; then systemctl mask --quiet --runtime redis-server.service 2>/dev/null; fi
  packages <"$work/packages.wanted"
  systemctl unmask --quiet --runtime redis-server.service 2>/dev/null || true
}

# run_redis: with the present files; what it holds in memory and keeps nowhere goes with a restart.
run_redis() {
  note service redis-server.service
  systemctl daemon-reload
  if ! systemctl is-enabled --quiet redis-server.service; then
    systemctl enable --quiet redis-server.service
    changed "redis-server.service is enabled"
  fi
  sum=$({ installed redis-server && cat /etc/pvestack/redis.conf /etc/systemd/system/redis-server.service.d/pvestack.conf; } | sha256sum)
  if systemctl is-active --quiet redis-server.service && [ "$sum" = "$(cat "$state/started" 2>/dev/null)" ]; then
    unchanged redis-server.service
    return
  fi
  systemctl reset-failed redis-server.service 2>/dev/null || true
  systemctl restart redis-server.service || {
    journalctl -q -o cat -n 20 -u redis-server.service | plain | bounded
    die "Redis does not start; see: journalctl -u redis-server"
  }
  printf '%s\n' "$sum" >"$state/started"
  changed "redis-server.service is restarted"
}

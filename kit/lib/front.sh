# The web front while services restart. It holds what comes meanwhile, but cannot send a body twice: where the mark is, a
# request with one waits at the gate, which Caddy answers itself once it is open. The mark leads to our own process, so
# that it does not outlast a deploy that is killed.

bodies_wait() {
  if [ ! -d /etc/pvestack/web ] || [ -e /run/pvestack-web/restarting ]; then return 0; fi
  install -d -m 0755 /run/pvestack-web
  rm -f /run/pvestack-web/gate
  ln -sfn "/proc/$$/stat" /run/pvestack-web/restarting
  # What came just before is with the service by then.
  sleep 1
}
bodies_go() {
  [ -d /run/pvestack-web ] || return 0
  ln -sfn /run/caddy/gate.sock /run/pvestack-web/gate
  rm -f /run/pvestack-web/restarting
}

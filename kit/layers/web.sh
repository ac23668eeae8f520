# The layer web: Debian's Caddy before the services of the application.
library lib/apt
library lib/quote
library web/caddy
library deploy/publish

before_files() {
  keep_caddyfile
  install_caddy
  folder 0755 root:root /etc/pvestack/web
  # With the mark of maintenance that people put there.
  note tree /etc/pvestack/web
}

after_files() {
  # A release that has no such folder may be followed by one that has; the deploy of that says so.
  if [ -e /srv/app/current ]; then publish "$(readlink -f /srv/app/current)" || true; fi
  run_caddy
}

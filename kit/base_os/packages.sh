# Debian packages of every guest.

# base_packages: one a line.
base_packages() {
  printf '%s\n' ca-certificates cron curl git iproute2 jq locales openssh-server sudo tzdata
  [ "$ufw" = no ] || echo ufw
  [ "$security_upgrades" = no ] || echo unattended-upgrades
}

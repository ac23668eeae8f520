# systemd units of a layer.
library lib/services
library lib/front

# enabled NAME: known to systemd as its file is now, and started with the guest.
enabled() {
  note unit "$1"
  load=$(systemctl show -p LoadState -p NeedDaemonReload "$1")
  case $load in *LoadState=not-found* | *NeedDaemonReload=yes*) systemctl daemon-reload ;; esac
  if ! systemctl is-enabled --quiet "$1"; then
    systemctl enable --quiet "$1"
    changed "$1 is enabled"
  fi
}

# unit_of_next_release NAME: one whose code the release that is live was not built with.
unit_of_next_release() {
  enabled "$1"
  say waits "$1: for the release that is built with it"
}

# unit NAME: enabled, and running what its files, its env file and the release are now.
unit() {
  enabled "$1"
  # What counts is what the process was started with, not whether this run changed a file: a run that failed
  # before its restart owes it still.
  if systemctl is-active --quiet "$1" && /usr/local/lib/pvestack/stamp --same "$1"; then
    unchanged "$1"
    return
  fi
  if ended_well "$1" && /usr/local/lib/pvestack/stamp --same "$1"; then
    unchanged "$1 is through"
    return
  fi
  systemctl reset-failed "$1" 2>/dev/null || true
  bodies_wait
  systemctl restart "$1" || true
  if systemctl is-active --quiet "$1"; then changed "$1 is restarted"; else say waits "$1: $(systemctl show -p ConditionResult --value "$1" | sed 's/no/nothing to run yet/; s/yes/it did not start/')"; fi
}

# systemd units of a layer.

# unit NAME: enabled, and running what its files, its env file and the release are now.
unit() {
  note unit "$1"
  load=$(systemctl show -p LoadState -p NeedDaemonReload "$1")
  case $load in *LoadState=not-found* | *NeedDaemonReload=yes*) systemctl daemon-reload ;; esac
  if ! systemctl is-enabled --quiet "$1"; then
    systemctl enable --quiet "$1"
    changed "$1 is enabled"
  fi
  # What counts is what the process was started with, not whether this run changed a file: a run that failed
  # before its restart owes it still.
  if systemctl is-active --quiet "$1" && /usr/local/lib/pvestack/stamp --same "$1"; then
    unchanged "$1"
    return
  fi
  systemctl reset-failed "$1" 2>/dev/null || true
  systemctl restart "$1" || true
  if systemctl is-active --quiet "$1"; then changed "$1 is restarted"; else say waits "$1: $(systemctl show -p ConditionResult --value "$1" | sed 's/no/nothing to run yet/; s/yes/it did not start/')"; fi
}

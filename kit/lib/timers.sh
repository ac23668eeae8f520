# systemd timers of a layer.

# timer NAME: enabled, and waiting by its present file.
timer() {
  note timer "$1"
  load=$(systemctl show -p LoadState -p NeedDaemonReload "$1" "${1%.timer}.service")
  case $load in *LoadState=not-found* | *NeedDaemonReload=yes*) systemctl daemon-reload ;; esac
  sum=$(sha256sum <"/etc/systemd/system/$1")
  if systemctl is-enabled --quiet "$1" && systemctl is-active --quiet "$1" && [ "$sum" = "$(cat "$state/$1" 2>/dev/null)" ]; then
    unchanged "$1"
    return
  fi
  systemctl enable --quiet "$1"
  if [ "$sum" != "$(cat "$state/$1" 2>/dev/null)" ]; then
    # A run that the new schedule would have had before now was not missed: forget when it last ran.
    systemctl stop "$1"
    systemctl clean --what=state "$1" 2>/dev/null || true
  fi
  systemctl restart "$1"
  printf '%s\n' "$sum" >"$state/$1"
  changed "$1"
}

# The lock of a guest: what changes it runs one after the other. Who holds it writes that into it.

# lock WHO …: waits for the lock; it is held until this process ends. Fails where another one holds it for too long,
# and leaves in held_for_long what to tell people.
held_for_long=
lock() {
  # Not emptied by one that waits.
  exec 9>>/run/pvestack.lock
  flock -n 9 || {
    printf '%-8s %s\n' waiting "for another run on this guest: $(holder)"
    flock -w 1800 9 || {
      held_for_long="another run has held /run/pvestack.lock for 30 minutes: $(holder)"
      return 1
    }
  }
  echo "$$ $*" >/run/pvestack.lock
}

# holder: who wrote last, where that process is there still; a child that it left behind may hold the lock as well.
holder() {
  read -r pid who </run/pvestack.lock || true
  if [ -n "${pid:-}" ] && [ -d "/proc/$pid" ]; then
    echo "$who; see: systemctl status $pid"
  else
    echo "a process that ${who:-somebody} left; see: ls -l /proc/[0-9]*/fd/9 | grep pvestack.lock"
  fi
}

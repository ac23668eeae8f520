# What a step leaves free on the disk: what runs, and its database, live on the same one. A step that would fill it is ended
# before that, by name.
reserve=${build_disk_reserve:-256}

# disk_left: MiB that are free where a step may write, on the fullest of these places.
disk_left() {
  stat -f -c '%a %S' "$base/releases" "$builds" /var/lib/app 2>/dev/null |
    awk '{ left = int($1 * $2 / 1048576) } NR == 1 || left < least { least = left } END { print least + 0 }'
}

# watch_disk UNIT: ends the step that leaves too little, until its deploy is not there any more.
watch_disk() {
  # The lock is the deploy's.
  exec 9>&- </dev/null
  while [ -d "/proc/$$" ]; do
    if [ "$(disk_left)" -lt "$reserve" ]; then
      : >"$record/disk_full"
      systemctl kill -s KILL "$1" 2>/dev/null || true
    fi
    sleep 0.2
  done
}

too_full() { echo "ended: it would leave less than $reserve MiB free on the guest's disk (build_disk_reserve in the inventory). Give the guest a larger disk, or keep fewer releases (keep_releases)"; }

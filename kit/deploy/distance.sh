# What is brought from afar: within fetch_timeout, and people see how far it is. Whoever calls this gives as output 3
# what they read; the others are a step's log.

# from_afar WHAT COMMAND …: the command, which writes its progress as git does.
timed_out=
from_afar() {
  what=$1
  shift
  : >"$record/progress"
  show_progress "$what" &
  shower=$!
  failed=0
  # Appended: git-lfs writes its progress there as well.
  proxied timeout --kill-after=10 "${fetch_timeout:-600}" "$@" 2>>"$record/progress" || failed=$?
  kill "$shower" 2>/dev/null || true
  wait "$shower" || true
  # What a terminal would write over is nothing for a log.
  tr '\r' '\n' <"$record/progress" |
    grep -Ev -e '^$' -e '^(remote: )?[A-Z][a-z]+ [a-z]+: +[0-9]' -e '^remote: Total ' -e '^[a-z]+ [0-9]+/[0-9]+ [0-9]+/' || true
  if [ "$failed" -eq 124 ] || [ "$failed" -eq 137 ]; then
    timed_out=yes
    echo "ended: it took longer than ${fetch_timeout:-600} s (fetch_timeout in the inventory)"
  fi
  return "$failed"
}

# show_progress WHAT: the last word every ten seconds, until it is ended or its deploy is not there any more.
show_progress() {
  nap=
  # The lock is the deploy's.
  exec 9>&- </dev/null
  trap 'kill $nap 2>/dev/null; exit 0' TERM
  while [ -d "/proc/$$" ]; do
    # Nobody waits for what it holds open.
    sleep 10 >/dev/null 2>&1 3>&- &
    nap=$!
    wait "$nap" || true
    word=$(tail -c 1000 "$record/progress" | plain | sed 's/ *$//' | grep . | tail -n 1) || continue
    printf '  %-18s %.100s\n' "$1" "$word" >&3
  done
}

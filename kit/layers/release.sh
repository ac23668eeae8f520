# The layer release: one commit, deployed by the program that people use as well.
before_files() {
  # What it is built with besides: see built_alike in kit/deploy/releases.sh.
  # Of what only a build sees, whose values may be secrets, a sum that nobody but root reads.
  wanted built_with >"$work/built_with"
  for file in /etc/pvestack/build_env.*; do
    [ ! -f "$file" ] || sha256sum "$file" >>"$work/built_with"
  done
  if [ -s "$work/built_with" ]; then cat "$work/built_with" >"$state/built_with"; else rm -f "$state/built_with"; fi
}

after_files() {
  before=$(cat "$state/deployed" 2>/dev/null || true)
  # No other commit is asked for than last time, so this runs for what it is built with: that is for what is live by now,
  # which may be a later one, deployed by hand.
  if [ -n "$before" ] && [ ! -e "$state/held" ] && [ "$token" = "$(cat "$state/token" 2>/dev/null || true)" ]; then
    commit=$before
  fi
  # The lock is this layer's already.
  PVESTACK_LOCKED=yes PVESTACK_BY=${by:-} /usr/local/bin/deploy_app.sh "$commit"
  after=$(cat "$state/deployed")
  if [ "$before" = "$after" ]; then unchanged "release $after"; else changed "release ${before:+$before → }$after"; fi
}

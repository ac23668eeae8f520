# apt, for layers that install packages.
apt_get() {
  proxied apt-get -qq -o DPkg::Lock::Timeout=900 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -y "$@"
}

# installed NAME: prints its version if it is installed.
installed() { dpkg-query -W -f '${db:Status-Status} ${Version}\n' "${1%%=*}" 2>/dev/null | sed -n 's/^installed //p' | head -n 1; }

# missing: of the packages on standard input, those that are not there or have another version than was asked.
missing() {
  while read -r name; do
    version=$(installed "$name")
    case $name in
      *=*) [ "$version" = "${name#*=}" ] || printf '%s\n' "$name" ;;
      *) [ -n "$version" ] || printf '%s\n' "$name" ;;
    esac
  done
}

# mend: finishes what an interrupted run left half done; waits for whoever works on packages now.
mend() {
  tries=0
  while [ -n "$(dpkg --audit)" ] || [ -n "$(find /var/lib/dpkg/updates -type f -name '[0-9]*')" ]; do
    if dpkg --force-confdef --force-confold --configure -a >"$work/dpkg.log" 2>&1 &&
      apt_get --fix-broken install >>"$work/dpkg.log" 2>&1; then
      changed "dpkg: an interrupted installation was finished"
      return
    fi
    tries=$((tries + 1))
    if [ "$tries" -ge 180 ] || ! grep -q lock "$work/dpkg.log"; then
      tail -n 20 "$work/dpkg.log"
      die "an interrupted installation cannot be finished; see: dpkg --audit"
    fi
    sleep 5
  done
}

# sources_may_lack: whether the inventory says that a source which cannot be read stops nothing.
sources_may_lack() { grep -qsx 'sources_required=no' /etc/pvestack/apt; }

# unread: of what apt said on standard input, the sources that it could not read, as URL and suite; no password in them.
unread() {
  sed -n -e 's/^[EW]: Failed to fetch \([^ ]*\).*/\1/p' -e "s/^[EW]: The repository '\([^']*\) [InRelease]*'.*/\1/p" \
    -e 's/^[EW]: GPG error: \([^ ]* [^ ]*\) [InRelease]*:.*/\1/p' |
    sed -e 's|//[^/@]*@|//|' -e 's|/[^/]*/binary-.*/.*||' -e 's|/[InRelease]*$||' -e 's|/dists/| |' | sort -u
}

# refresh: the package lists; only a lock of somebody else is worth waiting for.
refresh() {
  tries=0
  until apt_get -o APT::Update::Error-Mode=any update >"$work/apt.log" 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -lt 180 ] && grep -q 'Could not get lock' "$work/apt.log"; then
      sleep 5
      continue
    fi
    unread <"$work/apt.log" >"$work/unread"
    if [ -s "$work/unread" ] && sources_may_lack; then
      while read -r source; do
        say warning "packages of $source: cannot be read now, so what was read before counts (apt_sources_required: false)"
      done <"$work/unread"
      return
    fi
    tail -n 20 "$work/apt.log"
    [ -s "$work/unread" ] || die "apt-get update failed"
    die "these package sources of the guest cannot be read: $(paste -sd , "$work/unread" | sed 's/,/, /g'). Mend them, or take them out of /etc/apt/sources.list.d there; or write apt_sources_required: false in the inventory, to go on without them"
  done
}

# packages: installs the packages on standard input, one a line.
packages() {
  sort -u >"$work/packages"
  mend
  missing <"$work/packages" >"$work/missing"
  while read -r name; do
    # Only what this tool installed may it ever remove.
    by=found
    if grep -qxF "$name" "$work/missing" && [ -z "$(installed "$name")" ]; then by=ours; fi
    if grep -qxF -e "package	${name%%=*}	ours" -e "kept-package	${name%%=*}	ours" "$work/before"; then by=ours; fi
    note package "${name%%=*}" "$by"
  done <"$work/packages"
  if [ ! -s "$work/missing" ]; then
    unchanged "packages: $(wc -l <"$work/packages")"
    return
  fi
  say install "$(tr '\n' ' ' <"$work/missing")"
  refresh
  # shellcheck disable=SC2046 # one word for each package
  apt_get --no-install-recommends install $(cat "$work/missing") >"$work/apt.log" 2>&1 || {
    tail -n 20 "$work/apt.log"
    die "apt-get could not install: $(tr '\n' ' ' <"$work/missing")"
  }
  missing <"$work/packages" >"$work/still"
  [ ! -s "$work/still" ] || die "not installed although apt-get succeeded: $(tr '\n' ' ' <"$work/still")(a virtual package? write the name of a real one)"
  while read -r name; do changed "package $name"; done <"$work/missing"
}

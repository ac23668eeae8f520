# The services of this guest's application. /etc/pvestack/services has a line for each process: its unit, folder, port
# or - (a worker), health path or -, and then what else is known of it (host=, status=, timeout= of its health, shared=).
services() { cat /etc/pvestack/services 2>/dev/null || true; }

# each_service RELEASE: unit, port, health path and the rest of the services that a release has.
each_service() {
  services | while read -r unit folder port path more; do
    if [ -d "$1/$folder" ] && has_built "$1" "$folder"; then
      printf '%s %s %s%s\n' "$unit" "$port" "$path" "${more:+ $more}"
    fi
  done
}

# has_built RELEASE FOLDER: whether a folder of it was built. A service that is new to the inventory is built by the
# deploy after it; where a release has no list, all of it was built at once.
has_built() {
  parts=/var/lib/pvestack/release/releases/${1##*/}.parts
  [ ! -e "$parts" ] || grep -qxF -- "$2" "$parts"
}

# awaits_build UNIT: whether the release that is live was built without it.
awaits_build() {
  folder=$(services | awk -v unit="$1" '$1 == unit { print $2 }')
  ! has_built "$(readlink /srv/app/current || true)" "$folder"
}

# ended_well UNIT: whether it came to its end by itself, and is not to be started again for that (restart).
ended_well() {
  ended=$(systemctl show -p ActiveState -p Restart -p Result -p ExecMainCode -p ExecMainStatus "$1")
  case $ended in *Restart=always*) return 1 ;; esac
  for word in ActiveState=inactive Result=success ExecMainCode=1 ExecMainStatus=0; do
    printf '%s\n' "$ended" | grep -qx "$word" || return 1
  done
}

# service_of UNIT: what the inventory calls it.
service_of() {
  name=${1#app-}
  name=${name%.service}
  echo "${name%%@*}"
}

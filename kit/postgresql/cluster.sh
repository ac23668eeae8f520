# The server: the cluster of the newest version that is there, running, for this guest only.

# sql …: psql as its superuser.
sql() { runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 "$@"; }

start_cluster() {
  cluster=$(pg_lsclusters -h | sort -k 1,1V | tail -n 1)
  if [ -z "$cluster" ]; then
    newest=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1)
    pg_createcluster "$newest" main >/dev/null
    cluster=$(pg_lsclusters -h | sort -k 1,1V | tail -n 1)
    changed "cluster $newest main"
  fi
  # shellcheck disable=SC2086 # version, name, port, status, …
  set -- $cluster
  unit=postgresql@$1-$2.service
  # A new volume in the place of the data that came with the package.
  if [ ! -d "$6" ]; then
    [ ! -e "$state/cluster" ] || die "the data of PostgreSQL is gone: there is no $6. Mount the volume that holds it; or, to begin with an empty database: rm $state/cluster"
    pg_dropcluster --stop "$1" "$2"
    pg_createcluster "$1" "$2" >/dev/null
    changed "cluster $1 $2"
    set -- "$1" "$2" "$3" down
  fi
  if [ "$4" = online ]; then
    unchanged "PostgreSQL $1 runs"
  else
    systemctl enable --quiet postgresql.service
    systemctl start "$unit" || {
      journalctl -q -o cat -n 20 -u "$unit" | plain | bounded
      die "PostgreSQL does not start"
    }
    changed "PostgreSQL $1 runs"
  fi
  touch "$state/cluster"
}

listen_locally() {
  if [ "$(sql -c 'SHOW listen_addresses')" = localhost ]; then
    unchanged "PostgreSQL listens locally only"
  else
    sql -c "ALTER SYSTEM SET listen_addresses = 'localhost'"
    systemctl restart "$unit"
    changed "PostgreSQL listens locally only"
  fi
}

#!/bin/sh
# restore_app_db.sh DUMP: puts the database back to a dump of pg-backup. What is there now is dumped first.
# All or nothing: the dump goes into a new database, which takes the place of the old one when it is whole.
set -eu
umask 077
# database, user
. /etc/pvestack/postgresql.conf
role=$user
# Names that nobody else gives, and short: PostgreSQL cuts a name after 63 bytes. They are written down before they are
# made, so that the run after one that was killed knows what is ours to drop.
record=/var/lib/pvestack/restore
run=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
new=pvestack_new_$run old=pvestack_old_$run
if [ "$(id -u)" -ne 0 ]; then
  echo "needs root: sudo restore_app_db.sh $*" >&2
  exit 1
fi
if [ $# -ne 1 ] || [ ! -r "$1" ]; then
  echo 'restore_app_db.sh DUMP, one of:' >&2
  find /var/backups/pvestack -name '*.dump' 2>/dev/null | LC_ALL=C sort -Vr >&2
  exit 1
fi
if [ ! -s "$1" ] || ! pg_restore --list "$1" >/dev/null 2>&1; then
  echo "restore_app_db.sh: $1 is not a dump of pg_dump --format=custom; nothing was changed" >&2
  exit 1
fi
dump=$(readlink -f "$1")
# A folder that the user postgres may be in, too.
cd /
# drop_ours: what restores have made beside the database, this one and those that were killed. While a restore changes
# the names nobody may connect; one that was killed right then left it so.
drop_ours() {
  [ -s "$record" ] || return 0
  echo 'ALTER DATABASE :"database" ALLOW_CONNECTIONS true' | sql -d postgres || return 1
  while read -r name; do
    sql -d postgres -v name="$name" <<'SQL' || return 1
SET client_min_messages = warning;
DROP DATABASE IF EXISTS :"name" WITH (FORCE);
SQL
  done <"$record"
  rm -f "$record"
}
sql() { runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -v database="$database" -v new="$new" -v old="$old" -v role="$role" "$@"; }

. /usr/local/lib/pvestack/lib/lock.sh
lock restore_app_db.sh "$dump" || {
  echo "restore_app_db.sh: $held_for_long" >&2
  exit 1
}
work=$(mktemp -d)
# Services and jobs that run.
units=$(systemctl list-units --plain --no-legend --state=active,activating 'app-*.service' | cut -d ' ' -f 1)
serving=$(printf '%s\n' "$units" | grep -v '^app-job-') || serving=
end() {
  status=$?
  drop_ours || echo "restore_app_db.sh: what it made beside the database is dropped by the next restore ($record)" >&2
  rm -rf "$work"
  # A job is let run on its own, and the services are there before their health is asked for.
  # shellcheck disable=SC2086 # names of units
  [ -z "$units" ] || systemctl start --no-block $units
  # shellcheck disable=SC2086
  [ -z "$serving" ] || systemctl start $serving || true
  if [ "$status" -ne 0 ]; then
    echo "restore_app_db.sh: $dump was not restored; the database is as it was" >&2
    return
  fi
  [ -z "$serving" ] || /usr/local/bin/deploy_app.sh --health ||
    echo 'the application is not well with it; where the dump is older than the code: deploy_app.sh --rebuild'
}
trap end EXIT
trap 'exit 130' HUP INT TERM
drop_ours
# shellcheck disable=SC2086
[ -z "$units" ] || systemctl stop $units
before=$(/usr/local/lib/pvestack/pg-backup before-restore "$dump")
echo "before: $before"
printf '%s\n' "$new" "$old" >>"$record"
sql -d postgres <<'SQL'
CREATE DATABASE :"new" OWNER :"role" ENCODING 'UTF8' TEMPLATE template0;
SQL
# Extensions are the superuser's; all else is the role's, whatever its name was when the dump was made.
pg_restore --list "$dump" >"$work/list"
sed -n 's/^[0-9]*; [0-9]* [0-9]* EXTENSION - \([^ ]*\) *$/\1/p' "$work/list" | while read -r extension; do
  sql -d "$new" -v extension="$extension" <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS :"extension" CASCADE;
SQL
done
grep -v '^[0-9]*; [0-9]* [0-9]* \(EXTENSION\|COMMENT - EXTENSION\) ' "$work/list" >"$work/wanted"
# Not as the superuser, whose rights a dump could take: see postgresql/role.sh.
pg_restore -U root --use-list="$work/wanted" --no-owner --role="$role" --exit-on-error \
  --single-transaction --dbname="$new" <"$dump"
# Both names change at once; who is connected to the old one is let go.
sql -d postgres <<'SQL'
ALTER DATABASE :"database" ALLOW_CONNECTIONS false;
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :'database' \g /dev/null
BEGIN;
ALTER DATABASE :"database" RENAME TO :"old";
ALTER DATABASE :"new" RENAME TO :"database";
COMMIT;
SQL
echo "restored $dump"

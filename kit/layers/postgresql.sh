# The layer postgresql: PostgreSQL of Debian, a role, a database, and a dump every day.
library lib/apt
library lib/quote
library lib/timers
for part in cluster role database; do library "postgresql/$part"; done

before_files() {
  packages <"$work/packages.wanted"
  start_cluster
  listen_locally
}

after_files() {
  . /etc/pvestack/postgresql.conf
  add_role
  [ "$password" = no ] || set_password
  add_database
  wanted extensions | while read -r name; do add_extension "$name"; done
  symlink /usr/local/lib/pvestack/restore_app_db.sh /usr/local/bin/restore_app_db.sh
  timer pvestack-backup.timer
}

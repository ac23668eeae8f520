# The application's role.

# ask QUERY: with the variables role and database, which psql quotes (:'role' as a value, :"role" as a name).
ask() { printf '%s;\n' "$1" | sql -v role="$user" -v database="$database"; }

add_role() {
  if [ "$(ask "SELECT 1 FROM pg_roles WHERE rolname = :'role'")" = 1 ]; then
    unchanged "role $user"
  else
    ask 'CREATE ROLE :"role" LOGIN'
    changed "role $user"
  fi
  # Whoever works in the application's database logs in as this role, and becomes the application's: what the application
  # put there, such as a function behind a view, could go back from that to whoever logged in.
  if [ "$(ask "SELECT 1 FROM pg_roles WHERE rolname = 'root'")" = 1 ]; then
    unchanged 'role root'
  else
    ask 'CREATE ROLE root LOGIN NOINHERIT'
    changed 'role root'
  fi
  member="SELECT 1 FROM pg_auth_members JOIN pg_roles r ON r.oid = roleid JOIN pg_roles m ON m.oid = member"
  if [ "$(ask "$member WHERE r.rolname = :'role' AND m.rolname = 'root' LIMIT 1")" = 1 ]; then
    unchanged "role root may become $user"
  else
    ask 'GRANT :"role" TO root'
    changed "role root may become $user"
  fi
}

# The password: never on a command line, in a log of the server or in a place that others read.
set_password() {
  secret db_password >"$work/db_password"
  # The content of a file, without a line end that nobody meant.
  password=$(cat "$work/db_password")
  if PGPASSWORD=$password psql -XAtq -h localhost -U "$user" -d postgres -c 'SELECT 1' >/dev/null 2>&1; then
    unchanged "password of $user"
  else
    PASSWORD=$password runuser -u postgres -w PASSWORD -- psql -XAtq -v ON_ERROR_STOP=1 -v role="$user" <<'SQL'
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';
\getenv password PASSWORD
SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', :'role', :'password') \gexec
SQL
    changed "password of $user"
  fi
  unset password
}

# The application's database.

add_database() {
  if [ "$(ask "SELECT 1 FROM pg_database WHERE datname = :'database'")" = 1 ]; then
    unchanged "database $database"
  else
    ask "CREATE DATABASE :\"database\" OWNER :\"role\" ENCODING 'UTF8' TEMPLATE template0"
    changed "database $database"
  fi
  if [ "$(ask "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = :'database'")" != "$user" ]; then
    ask 'ALTER DATABASE :"database" OWNER TO :"role"'
    changed "owner of $database"
  fi
}

# add_extension NAME
add_extension() {
  if [ "$(sql -d "$database" -c "SELECT 1 FROM pg_extension WHERE extname = '$1'")" = 1 ]; then
    unchanged "extension $1"
  else
    sql -d "$database" -c "CREATE EXTENSION \"$1\" CASCADE"
    changed "extension $1"
  fi
}

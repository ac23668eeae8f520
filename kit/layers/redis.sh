# The layer redis: Debian's Redis, by a socket that only the application opens.
library lib/apt
library lib/quote
library lib/users
library redis/server

before_files() {
  # Whose group the socket gets.
  system_user app /var/lib/app
  install_redis
}

after_files() { run_redis; }

# How a Python application is installed, migrated and checked. /etc/pvestack/steps.sh says with which commands.

UV=0.13.9 POETRY=2.5.1 PIPENV=2026.10.3

# find_lock: sets lock to the lock file that decides; gives up where there are two, or one of a tool that is not brought.
find_lock() {
  lock=
  for file in uv.lock poetry.lock Pipfile.lock pdm.lock; do
    [ -f "$release/$file" ] || continue
    [ -z "$lock" ] ||
      give_up 11 "the repository has both $lock and $file: remove the one that nobody keeps up to date, or write python_install in the inventory"
    lock=$file
  done
  [ "$lock" != pdm.lock ] || give_up 11 "pdm.lock is PDM's, which is not brought along: write python_install in the inventory"
}

# by_tool NAME VERSION COMMAND
by_tool() { step 11 install confined "$release" without-env "/usr/local/lib/pvestack/python-tool $1 $2; $3"; }

# build_virtualenv [INSTALL]: without a command what its lock file says, or else requirements.txt and pyproject.toml.
build_virtualenv() {
  lock=
  [ -n "${1:-}" ] || find_lock
  # uv makes its own.
  [ "$lock" = uv.lock ] || step 11 virtualenv confined "$release" without-env 'python3 -m venv .venv'
  case ${1:+command}$lock in
    command) step 11 install confined "$release" without-env "$1" ;;
    uv.lock) by_tool uv "$UV" 'uv sync --frozen --no-dev' ;;
    poetry.lock) by_tool poetry "$POETRY" 'poetry install --only main --no-ansi' ;;
    Pipfile.lock) by_tool pipenv "$PIPENV" 'pipenv sync' ;;
    *) install_unlocked ;;
  esac
  # For the application's own reader of settings; what the repository has under this name stays.
  if [ ! -e "$release/.env" ] && [ ! -L "$release/.env" ]; then ln -sn "$env_file" "$release/.env"; fi
}

install_unlocked() {
  if [ -f "$release/requirements.txt" ]; then
    step 11 requirements confined "$release" without-env 'pip install --disable-pip-version-check -r requirements.txt'
  fi
  if [ -f "$release/pyproject.toml" ]; then
    # What requirements.txt pins stays as it is.
    if [ -f "$release/requirements.txt" ]; then deps=' --no-deps'; else deps=; fi
    step 11 install confined "$release" without-env "/usr/local/lib/pvestack/pip-project$deps"
  elif [ ! -f "$release/requirements.txt" ]; then
    give_up 11 'the repository has neither requirements.txt nor pyproject.toml (python_install in the inventory)'
  fi
}

# migrate_schema [COMMAND]: without one Alembic's, where the repository has an alembic.ini.
migrate_schema() {
  if [ -n "${1:-}" ]; then
    migration "$release" "$1"
  elif [ -f "$release/alembic.ini" ]; then
    migration "$release" 'alembic upgrade head'
  fi
}

# check_health [COMMAND]: before the switch, so that a release that is not well costs nobody anything.
check_health() {
  if [ -n "${1:-}" ]; then
    step 15 health confined "$release" with-env "$1"
    return
  fi
  for check in health_check.py scripts/health_check.py; do
    if [ -f "$release/$check" ]; then
      step 15 health confined "$release" with-env "python $check"
      return
    fi
  done
}

# How a Python application is installed, migrated and checked. /etc/pvestack/steps.sh says with which commands.

# build_virtualenv [INSTALL]: without a command what requirements.txt and pyproject.toml say.
build_virtualenv() {
  step 11 virtualenv confined "$release" without-env 'python3 -m venv .venv'
  if [ -n "${1:-}" ]; then
    step 11 install confined "$release" without-env "$1"
  else
    if [ -f "$release/requirements.txt" ]; then
      step 11 requirements confined "$release" without-env 'pip install --disable-pip-version-check -r requirements.txt'
    fi
    if [ -f "$release/pyproject.toml" ]; then
      # What requirements.txt pins stays as it is.
      if [ -f "$release/requirements.txt" ]; then deps=--no-deps; else deps=; fi
      step 11 install confined "$release" without-env "pip install --disable-pip-version-check $deps ."
    elif [ ! -f "$release/requirements.txt" ]; then
      give_up 11 'the repository has neither requirements.txt nor pyproject.toml (python_install in the inventory)'
    fi
  fi
  # For the application's own reader of settings; what the repository has under this name stays.
  if [ ! -e "$release/.env" ] && [ ! -L "$release/.env" ]; then ln -sn "$env_file" "$release/.env"; fi
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

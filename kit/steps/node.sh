# How parts of a Node.js application are installed, built and migrated. /etc/pvestack/steps.sh says which there are.

# has_script FOLDER NAME: whether its package.json has the script; asking npm would take half a second.
has_script() { jq -e --arg name "$2" '.scripts[$name]' "$1/package.json" >/dev/null 2>&1; }

# nothing_to_install FOLDER: whether it depends on no package, and no script of its own belongs to an install.
nothing_to_install() {
  [ ! -e "$1/binding.gyp" ] || return 1
  jq -e '(.packages | keys) == [""]' "$1/package-lock.json" >/dev/null 2>&1 || return 1
  jq -e '([.dependencies, .devDependencies, .optionalDependencies, .peerDependencies, .bundleDependencies, .workspaces]
      | map(. // {} | length) | add) == 0
    and (.scripts // {} | keys | all(test("^(pre|post)?(install|prepare|publish)") | not))' \
    "$1/package.json" >/dev/null 2>&1
}

# npm_install FOLDER
npm_install() {
  if [ -f "$1/package-lock.json" ]; then
    nothing_to_install "$1" || confined "$1" without-env 'npm ci --include=dev --no-audit --no-fund'
  elif [ -f "$1/package.json" ]; then
    confined "$1" without-env 'npm install --include=dev --no-audit --no-fund'
  fi
}

# build_part NAME FOLDER [INSTALL [BUILD]]: a part that the repository may have. Without a command what package.json says.
build_part() {
  [ -d "$release/$2" ] || return 0
  if [ -n "${3:-}" ]; then
    step 11 "$1 install" confined "$release/$2" without-env "$3"
  else
    step 11 "$1 install" npm_install "$release/$2"
  fi
  if [ -n "${4:-}" ]; then
    step 12 "$1 build" confined "$release/$2" plain-env "$4"
  elif has_script "$release/$2" build; then
    step 12 "$1 build" confined "$release/$2" plain-env '/usr/local/lib/pvestack/npm-script build'
  fi
}

# migrate_part FOLDER [COMMAND]
migrate_part() {
  [ -d "$release/$1" ] || return 0
  if [ -n "${2:-}" ]; then
    migration "$release/$1" "$2"
  elif has_script "$release/$1" migrate; then
    migration "$release/$1" '/usr/local/lib/pvestack/npm-script migrate'
  fi
}

# How parts of a Node.js application are installed, built and migrated. /etc/pvestack/steps.sh says which there are.

# What is taken where package.json says no packageManager, by the form of the lock file.
PNPM=9.15.9 PNPM_OF_LOCK_6=8.15.9 PNPM_OF_LOCK_5=7.33.7
YARN=4.9.2 YARN_OF_OLDER_LOCK=3.8.7 YARN_CLASSIC=1.22.22

# has_script FOLDER NAME: whether its package.json has the script; asking npm would take half a second.
has_script() { jq -e --arg name "$2" '.scripts[$name]' "$1/package.json" >/dev/null 2>&1; }

# nothing_to_install FOLDER: whether it depends on no package, and no script of its own belongs to an install.
nothing_to_install() {
  [ ! -e "$1/binding.gyp" ] || return 1
  jq -e '(.packages | keys) == [""]' "$1/package-lock.json" >/dev/null 2>&1 || return 1
  depends_on_nothing "$1" && jq -e '.scripts // {} | keys | all(test("^(pre|post)?(install|prepare|publish)") | not)' \
    "$1/package.json" >/dev/null 2>&1
}
depends_on_nothing() {
  jq -e '([.dependencies, .devDependencies, .optionalDependencies, .peerDependencies, .bundleDependencies, .workspaces]
      | map(. // {} | length) | add) == 0' "$1/package.json" >/dev/null 2>&1
}

# locks FOLDER: the lock files in it.
locks() {
  for lock in package-lock.json npm-shrinkwrap.json pnpm-lock.yaml yarn.lock bun.lock bun.lockb; do
    [ ! -f "$1/$lock" ] || echo "$lock"
  done
}

# is_workspace FOLDER: whether packages below it are installed from there.
is_workspace() {
  [ -f "$1/pnpm-workspace.yaml" ] || jq -e '.workspaces' "$1/package.json" >/dev/null 2>&1
}

# lock_folder FOLDER: where its lock file is: there, or at the root of the workspace that it belongs to; without one there.
lock_folder() {
  at=$1
  while :; do
    if [ -n "$(locks "$at")" ] && { [ "$at" = "$1" ] || is_workspace "$at"; }; then
      echo "$at"
      return
    fi
    [ "$at" != "$release" ] || break
    at=${at%/*}
  done
  echo "$1"
}

in_repository() {
  file=$1/$2
  echo "${file#"$release/"}"
}
INSTEAD='write install of the service (backend_install, frontend_install) in the inventory'

# find_tool FOLDER: sets tool to what its lock file is of: npm, pnpm, yarn or nothing.
find_tool() {
  tool='' first=''
  for lock in $(locks "$1"); do
    case $lock in
      pnpm-*) one=pnpm ;;
      yarn.*) one=yarn ;;
      bun.*) one=bun ;;
      *) one=npm ;;
    esac
    if [ -n "$tool" ] && [ "$tool" != "$one" ]; then
      give_up 11 "the repository has both $(in_repository "$1" "$first") and $(in_repository "$1" "$lock"): remove the one that nobody keeps up to date, or $INSTEAD"
    fi
    tool=$one first=$lock
  done
  [ "$tool" != bun ] ||
    give_up 11 "$(in_repository "$1" "$first") is bun's, which is not brought along: $INSTEAD"
}

# find_version FOLDER: sets version to that of the tool, with the sum where packageManager has one.
find_version() {
  if [ "$tool" = pnpm ]; then
    case $(sed -n "s/^lockfileVersion: *['\"]\{0,1\}\([0-9]*\).*/\1/p" "$1/pnpm-lock.yaml" | head -n 1) in
      5) version=$PNPM_OF_LOCK_5 ;;
      6) version=$PNPM_OF_LOCK_6 ;;
      *) version=$PNPM ;;
    esac
  elif grep -q '^__metadata:' "$1/yarn.lock"; then
    form=$(sed -n '/^__metadata:/,/^$/s/^  version: \([0-9]\{1,4\}\).*/\1/p' "$1/yarn.lock" | head -n 1)
    if [ "${form:-0}" -ge 8 ]; then version=$YARN; else version=$YARN_OF_OLDER_LOCK; fi
  else
    version=$YARN_CLASSIC
  fi
  said=$(jq -r '.packageManager // ""' "$1/package.json" 2>/dev/null | tr -cd 'A-Za-z0-9@._+-' | head -c 300) || said=
  case $said in
    '') return 0 ;;
    "$tool"@*) ;;
    *) give_up 11 "$(in_repository "$1" package.json) says packageManager $said, and beside it is $(in_repository "$1" "$first"): remove the one that is wrong, or $INSTEAD" ;;
  esac
  printf '%s\n' "$said" | grep -Eqx "$tool@[0-9]+\.[0-9]+\.[0-9]+(-[A-Za-z0-9.-]+)?(\+sha(1|224|256|384|512)\.[0-9a-f]+)?" ||
    give_up 11 "packageManager $said of $(in_repository "$1" package.json) is no exact version: write e.g. $tool@$version"
  version=$(printf '%s\n' "${said#*@}" | tr + ' ')
}

# install_command: what installs by that tool.
install_command() {
  bring="/usr/local/lib/pvestack/package-manager $tool $version"
  case $tool-$version in
    npm-*) echo 'npm ci --include=dev --no-audit --no-fund' ;;
    pnpm-*) echo "$bring; pnpm install --frozen-lockfile --prod=false" ;;
    yarn-1.*) echo "$bring; yarn install --frozen-lockfile --production=false --non-interactive" ;;
    yarn-*) echo "$bring; yarn install --immutable" ;;
    *) echo 'npm install --include=dev --no-audit --no-fund' ;;
  esac
}

# install_part NAME FOLDER: what its lock file says, once for all parts that have it in common. Sets tool.
installed=
install_part() {
  root=$(lock_folder "$2")
  find_tool "$root"
  case $installed in *" $root "*) return 0 ;; esac
  installed="$installed $root "
  version=
  case $tool in
    npm) if nothing_to_install "$root"; then return 0; fi ;;
    pnpm | yarn) find_version "$root" ;;
    *)
      [ -f "$root/package.json" ] || return 0
      depends_on_nothing "$root" || remark "$1 install" 'no lock file: npm install takes what is newest within package.json'
      ;;
  esac
  step 11 "$1 install" confined "$root" without-env "$(install_command)"
}

# can_start NAME FOLDER: gives up where the inventory leaves it to package.json how it starts, and that does not say it.
can_start() {
  grep -qsx 'ExecStart=/usr/local/lib/pvestack/npm-script start' "/etc/systemd/system/app-$1.service" \
    "/etc/systemd/system/app-$1@.service" || return 0
  if [ ! -f "$2/package.json" ] || has_script "$2" start || [ -f "$2/server.js" ]; then return 0; fi
  # shellcheck disable=SC2016 # for people
  give_up 14 "$(in_repository "$2" package.json) has no script start, and the inventory does not say how $1 starts (start of the service, $1_start): write one. Files that a build makes (dist) are served by a web front (web, and static: dist of the service), or by e.g. the package serve among the dependencies, and "'"start": "serve --single dist --listen $PORT"'
}

# find_part FOLDER: sets part to where it is in the release; systemd takes no path that ends in /.
find_part() {
  part=$release
  [ "$1" = . ] || part=$release/$1
}

# build_part NAME FOLDER [INSTALL [BUILD]]: a part that the repository may have. Without a command what package.json says.
built=
build_part() {
  building=$1
  [ -d "$release/$2" ] || return 0
  note_part "$2"
  find_part "$2"
  # Both may be one folder.
  case $built in *" $2 ${3:-} ${4:-};"*) return 0 ;; esac
  built="$built $2 ${3:-} ${4:-};"
  can_start "$1" "$part"
  tool=
  if [ -n "${3:-}" ]; then
    step 11 "$1 install" confined "$part" without-env "$3"
  else
    install_part "$1" "$part"
  fi
  if [ -n "${4:-}" ]; then
    step 12 "$1 build" confined "$part" plain-env "$4"
  elif has_script "$part" build; then
    case $tool in
      pnpm | yarn) step 12 "$1 build" confined "$part" plain-env "$tool run build" ;;
      *) step 12 "$1 build" confined "$part" plain-env '/usr/local/lib/pvestack/npm-script build' ;;
    esac
  fi
}

# migrate_part FOLDER [COMMAND]
migrate_part() {
  [ -d "$release/$1" ] || return 0
  find_part "$1"
  if [ -n "${2:-}" ]; then
    migration "$part" "$2"
  elif has_script "$part" migrate; then
    migration "$part" '/usr/local/lib/pvestack/npm-script migrate'
  fi
}

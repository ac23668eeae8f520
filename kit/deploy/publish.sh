# What a web front serves as files: these, and nothing else of a release, may be read by others than the application.

# publish RELEASE
publish() {
  [ -e /etc/pvestack/web/static ] || return 0
  while read -r folder; do
    served=$1/$folder
    [ "$folder" != . ] || served=$1
    # A link would open what it leads to.
    if [ ! -d "$served" ] || [ "$(readlink -f "$served")" != "$(readlink -f "$1")${served#"$1"}" ]; then
      echo "the release has no folder $folder for the web front to serve; what does its build make? (static in the inventory)"
      return 1
    fi
    # Caddy follows links with its own rights: to its keys, too. The release is sealed, so none comes back.
    find "$served" -type l -exec sh -c 'for link; do
      case $(readlink -f "$link") in "$0"/*) ;; *) rm -f "$link" ;; esac
    done' "$(readlink -f "$served")" {} +
    at=$served
    while [ "$at" != "${1%/*}" ]; do
      chmod o+x "$at"
      at=${at%/*}
    done
    find "$served" -mindepth 1 \( -name '.?*' ! -name .well-known -o -name node_modules \) -prune -o ! -type l -exec chmod o+rX {} +
    chmod o+r "$served"
  done </etc/pvestack/web/static
}

# The folders of services that stay from one release to the next (shared_paths): in a release each is a link to a folder
# of the application's own. All is done in the sealed release, where nobody but root can put anything in the way.

# link_shared: of all services that this release has.
link_shared() {
  services | sed -n 's/^\([^ ]*\) \([^ ]*\) .* shared=\([^ ]*\).*/\1 \2 \3/p' >"$record/shared"
  while read -r unit folder paths; do
    [ -d "$release/$folder" ] || continue
    top=
    [ "$folder" = . ] || top=$folder/
    for path in $(echo "$paths" | tr ',' ' '); do
      link_path "$top$path" "/var/lib/app/shared/$(service_of "$unit")/$path"
    done
  done <"$record/shared"
}

# link_path PATH KEPT: the link at that path of the release, never through another link.
link_path() {
  rest=$1 here=$release
  while [ "$rest" != "${rest#*/}" ]; do
    here=$here/${rest%%/*} rest=${rest#*/}
    if [ -L "$here" ]; then
      echo "${here#"$release"/} is a link in the repository, and $1 of shared_paths lies below it"
      return 1
    fi
    [ -d "$here" ] || install -d -m 0750 -o root -g app "$here"
  done
  here=$here/$rest
  if [ -L "$here" ]; then
    rm -f "$here"
  elif [ -d "$here" ]; then
    seed "$here" "$2"
    rm -rf "$here"
  elif [ -e "$here" ]; then
    echo "$1 is a file in the repository, and shared_paths are folders"
    return 1
  fi
  ln -s "$2" "$here"
}

# seed FROM TO: what the release has there, where the application's folder is empty. The application does it itself, as
# it may have put a link in the place of anything there.
seed() {
  # shellcheck disable=SC2016 # for that shell
  runuser -u app -- sh -euc '[ -n "$(find "$2" -mindepth 1 -print -quit)" ] || cp -R -P -- "$1/." "$2/"' sh "$1" "$2"
}

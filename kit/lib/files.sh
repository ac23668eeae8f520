# What a layer's script brings: lists that steps read, secrets, files, folders and links.

# settings NAME BASE64: a list for the steps, kept as $work/NAME.wanted.
settings() { printf '%s' "$2" | base64 -d >"$work/$1.wanted"; }

# wanted NAME: prints that list; nothing where it is empty.
wanted() { if [ -e "$work/$1.wanted" ]; then cat "$work/$1.wanted"; fi; }

# elsewhere_too BASE64: what other layers will keep on the guest, as lines of a manifest.
elsewhere_too() { printf '%s' "$1" | base64 -d >"$work/elsewhere"; }

# secret NAME: prints a value that came apart from the script.
secret() {
  [ -f "$work/secrets" ] || die "the secrets of this layer have not arrived; run the deploy again"
  grep -q "^$1 " "$work/secrets" || die "the secret $1 of this layer has not arrived; run the deploy again"
  sed -n "s/^$1 //p" "$work/secrets" | base64 -d
}

# put MODE OWNER:GROUP PATH BASE64 [CHECK …]: a file with that content. CHECK gets a copy first.
put() {
  mode=$1 owner=$2 path=$3
  printf '%s' "$4" | base64 -d >"$work/new"
  shift 4
  place "$@"
}

# put_secret MODE OWNER:GROUP PATH NAME: a file whose content came apart. A secret that is missing stops the script.
put_secret() {
  mode=$1 owner=$2 path=$3
  secret "$4" >"$work/new"
  place
}

# place [CHECK …]: $work/new as $path.
place() {
  new=$work/new
  if [ $# -gt 0 ]; then "$@" "$new" >"$work/check" 2>&1 || die "$path would be wrong: $(cat "$work/check")"; fi
  sum=$(sha256sum <"$new")
  note file "$path" "$mode $owner ${sum%% *}"
  if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s "$new" "$path"; then
    if [ "$(stat -c '%a %U:%G' "$path")" = "${mode#0} $owner" ]; then
      unchanged "$path"
      return
    fi
    chown "$owner" "$path"
    chmod "$mode" "$path"
    changed "$path"
    return
  fi
  # An existing folder keeps its mode, which install -d would reset.
  [ -d "${path%/*}" ] || install -d "${path%/*}"
  install -m "$mode" -o "${owner%:*}" -g "${owner#*:}" "$new" "${path%/*}/.pvestack.new"
  mv -fT "${path%/*}/.pvestack.new" "$path"
  changed "$path"
}

# folder MODE OWNER:GROUP PATH
folder() {
  # A link in its place would have the folder that it leads to changed hands.
  [ ! -L "$3" ] || die "$3 is in the way: it is a link. Remove it, and deploy again."
  note folder "$3" "$1 $2"
  if [ -d "$3" ] && [ "$(stat -c '%a %U:%G' "$3")" = "${1#0} $2" ]; then
    unchanged "$3/"
    return
  fi
  install -d -m "$1" -o "${2%:*}" -g "${2#*:}" "$3"
  changed "$3/"
}

# symlink TARGET PATH: a symbolic link; never in the place of something else.
symlink() {
  note symlink "$2" "$1"
  if [ "$(readlink "$2" || true)" = "$1" ]; then
    unchanged "$2"
    return
  fi
  if [ -e "$2" ] && [ ! -L "$2" ]; then
    rmdir "$2" 2>/dev/null || die "$2 is in the way: it is not a link. Move it away, and deploy again."
  fi
  ln -sfn "$1" "$2.pvestack.new"
  mv -fT "$2.pvestack.new" "$2"
  changed "$2"
}

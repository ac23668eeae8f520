# Node.js as nodejs.org publishes it, beside Debian's.

# node_of_nodejs_org: node_version, by its sum (node_sha256), from node_mirror.
node_of_nodejs_org() {
  node_folder=/opt/node-v$node_version
  case $(dpkg --print-architecture) in
    amd64) node_arch=x64 node_sum=$node_sha256 ;;
    *) die "node_version is for amd64 only; this guest is $(dpkg --print-architecture). Take Debian's Node.js: remove node_version." ;;
  esac
  if [ -e "$node_folder" ] && ! grep -q "^tree	$node_folder	" "$work/before"; then
    die "$node_folder is in the way: it is not of this tool. Move it away, and deploy again."
  fi
  note tree "$node_folder"
  if [ "$("$node_folder/bin/node" --version 2>/dev/null)" = "v$node_version" ] && [ -e "$node_folder/.complete" ]; then
    unchanged "node $node_version"
  else
    archive=node-v$node_version-linux-$node_arch.tar.xz
    say fetch "$archive"
    url=$node_mirror/v$node_version/$archive
    proxied curl -fsSL --retry 3 --connect-timeout 20 -o "$state/node.tar.xz" "$url" || die "$url cannot be fetched (node_version, node_mirror)"
    got=$(sha256sum <"$state/node.tar.xz")
    if [ "${got%% *}" != "$node_sum" ]; then
      rm -f "$state/node.tar.xz"
      die "$archive has the checksum ${got%% *}, not the node_sha256 of the inventory; nothing was installed"
    fi
    rm -rf "$node_folder"
    install -d "$node_folder"
    tar -xJf "$state/node.tar.xz" -C "$node_folder" --strip-components=1 --no-same-owner
    rm -f "$state/node.tar.xz"
    touch "$node_folder/.complete"
    changed "node $node_version"
  fi
  for program in node npm npx corepack; do
    [ ! -e "$node_folder/bin/$program" ] || symlink "$node_folder/bin/$program" "/usr/local/bin/$program"
  done
}

# node_warning: a Node.js of Debian that its makers mend no more is worth a word where the application wants it.
# Source: nodejs.org, Releases, "End-of-life". Debian 12 has 18, Debian 13 has 20.
node_warning() {
  wanted packages | grep -qx nodejs || return 0
  node_major=$(node --version 2>/dev/null | sed 's/^v//; s/\..*//' || true)
  case $node_major in
    12 | 14 | 16 | 18 | 20) say warning "Node.js $node_major of Debian gets no security fixes from its makers any more: set node_version and node_sha256" ;;
  esac
}

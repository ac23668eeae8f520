# Git LFS: what the commit has of such a file is a pointer, and the file itself is fetched by its sum. A pointer that
# went live would be a file that nobody wrote.

# A check-out leaves pointers; what they mean is fetched after it, all at once.
export GIT_LFS_SKIP_SMUDGE=1

# trees: the release, and its submodules.
trees() {
  echo "$release"
  [ ! -f "$release/.gitmodules" ] || git -C "$release" submodule --quiet foreach --recursive pwd
}

# lfs_files TREE: those that its .gitattributes say of that LFS keeps them; each ends with a zero byte.
lfs_files() { git -C "$1" ls-files -z ':(attr:filter=lfs)'; }

# pointers: of them those that are no more than pointers, by their path in the release.
pointers() {
  trees | while read -r tree; do
    lfs_files "$tree" | sed -z 's|^|./|' | (
      cd "$tree" || exit
      xargs -0 -r sh -c 'find "$@" -maxdepth 0 -type f -size -4 -exec grep -lE "^version https://[a-z.-]+/spec/" {} +' sh
    ) | sed "s|^\./|${tree#"$release"}/|; s|^/||"
  done
}

# some: of the lines on standard input the first five, on one.
some() { awk 'NR <= 5 { all = all (NR > 1 ? ", " : "") $0 } END { print all (NR > 5 ? " and " NR - 5 " more" : "") }'; }

# lfs_program: git-lfs comes along with the first commit that needs it.
lfs_program() {
  . "$kit/lib/apt.sh"
  export DEBIAN_FRONTEND=noninteractive
  apt_get install --no-install-recommends git-lfs || { { apt_get update || sources_may_lack; } && apt_get install --no-install-recommends git-lfs; } || {
    echo "The repository keeps files in Git LFS ($(some <"$record/pointers")), and Debian's package git-lfs cannot be installed now. Mend that, or install it with the guest: packages: [git-lfs] in the inventory."
    return 1
  }
}

# lfs_place TREE: where the repository itself says that its files are, this is no place on this guest.
lfs_place() {
  [ -f "$1/.lfsconfig" ] || return 0
  git config --file "$1/.lfsconfig" --get-regexp '^(lfs|remote\..*)\.(url|lfsurl)$' | while read -r key url; do
    case $url in
      https://* | http://* | ssh://* | git@*:*) ;;
      *)
        echo ".lfsconfig: $key is $url, which is no place of another host: write an https:// or ssh:// URL"
        return 1
        ;;
    esac
  done
}

# fetch_lfs: the files in the place of the pointers. What was fetched once is in the mirror.
fetch_lfs() {
  trees >"$record/trees"
  lacking=0
  while read -r tree; do
    [ "$(lfs_files "$tree" | head -c 1 | wc -c)" -gt 0 ] || continue
    lfs_place "$tree" || return
    GIT_LFS_PROGRESS=$record/progress from_afar "lfs files" \
      git -C "$tree" -c lfs.storage="$mirror/lfs" lfs pull --include= --exclude= origin </dev/null || lacking=$?
  done <"$record/trees"
  pointers >"$record/pointers"
  if [ -s "$record/pointers" ]; then
    echo "These are pointers of Git LFS still, not the files: $(some <"$record/pointers"). Does the server have them (git lfs push --all origin)?"
    lacking=1
  fi
  return "$lacking"
}

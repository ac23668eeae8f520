# The files of a release: a commit's, those of its submodules, and those that it keeps in Git LFS.

take_files() {
  step 10 "check out" check_out 3>&1
  if [ -f "$release/.gitmodules" ]; then step 10 submodules submodules 3>&1; fi
  pointers >"$record/pointers"
  if [ -s "$record/pointers" ]; then
    command -v git-lfs >/dev/null || step 10 "install git-lfs" lfs_program
    step 10 "lfs files" fetch_lfs 3>&1
  fi
  chown -R app-build:app-build "$release"
}

check_out() { with_mirror take_out; }
take_out() {
  files || return
  rm -rf "$release"
  git clone --quiet --shared --no-checkout "$mirror" "$release" || return
  # What a submodule's URL is relative to.
  git -C "$release" config remote.origin.url "$repo" || return
  git -C "$release" -c advice.detachedHead=false checkout --quiet --detach "$commit"
}

submodules() {
  from_afar submodules git -C "$release" submodule update --init --recursive --progress --filter=blob:none
}

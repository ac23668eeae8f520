# Commits that the mirror does not have yet, for who changes nothing here: a plan, a status.

# fetch_aside FOLDER SECONDS FILTER REF: beside the mirror, into a folder that its caller forgets; REF is refs/heads/aside
# of FOLDER/git there. What git says is in FOLDER/error.
fetch_aside() {
  {
    git init --quiet --bare "$1/git" || return
    git --git-dir="$1/git" config remote.origin.url "$repo"
    git --git-dir="$1/git" config remote.origin.promisor true
    git --git-dir="$1/git" config remote.origin.partialclonefilter "$3"
    if [ -d "$mirror/objects" ]; then printf '%s\n' "$mirror/objects" >"$1/git/objects/info/alternates"; fi
    proxied timeout "$2" git --git-dir="$1/git" fetch --quiet --no-tags origin "+$4:refs/heads/aside"
  } 2>"$1/error" >&2
}

# aside FOLDER COMMAND …: git there, by what it has.
aside() {
  git_aside=$1/git
  shift
  GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL=none git --git-dir="$git_aside" "$@"
}

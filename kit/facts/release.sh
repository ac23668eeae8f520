# The release: the commit that a deploy would take now, after the one that is there.
look_at_release() {
  record=$root/release asked=${wanted:-the branch $branch}
  token=$(head -c 200 "$record/token" 2>/dev/null)
  deployed=$(head -c 64 "$record/deployed" 2>/dev/null)
  echo "runs $deployed"
  if [ ! -x /usr/local/bin/deploy_app.sh ]; then
    echo "release ${wanted:-${token:-1: not configured, so the branch was not looked at}}"
    return
  fi
  export PVESTACK_REPO="$repo" PVESTACK_BRANCH="$branch" PVESTACK_WATCH="$watch"
  if [ -n "$watch" ] && [ -n "$wanted" ]; then
    echo "note watch has no effect, as the release $wanted is asked for."
  fi
  head=$(/usr/local/bin/deploy_app.sh --head ${wanted:+"$wanted"} 2>"$work/error") || {
    # Without an answer all stays, unless somebody asked for something else.
    printf '%s\n%s\n' "$repo" "$branch" | cmp -s - "$record/source" || wanted=${wanted:-"$branch, not looked at"}
    echo "release ${wanted:-${token:-1: the branch cannot be read}}"
    echo "note $asked could not be looked up on the guest: $(tail -n 1 "$work/error")"
    return
  }
  if [ -f "$record/held" ]; then
    read -r at seen <"$record/held" || true
    if [ "$seen" = "$head" ] && [ -n "$token" ]; then
      echo "release $token"
      echo "note held at $at by hand (deploy_app.sh --rollback), although ${wanted:-the branch} is at $head. A new commit, another release or deploy_app.sh --unhold ends it."
      return
    fi
  fi
  if [ -n "$token" ] && [ "$deployed" = "$head" ]; then
    echo "release $token"
    return
  fi
  if [ -z "$wanted" ] && [ -n "$deployed" ] && [ "$(head -c 64 "$record/failed" 2>/dev/null)" = "$head" ]; then
    echo "release ${token:-$deployed}"
    echo "note $(printf '%.7s' "$deployed") runs and stays: the deploy of $(printf '%.7s' "$head"), at which the branch $branch is, has failed. A new commit or pvestack release tries again."
    return
  fi
  target=$head
  if [ -n "$wanted" ] && [ "$wanted" != "$head" ]; then target="$head ($wanted)"; fi
  if [ -n "$watch" ] && [ -z "$wanted" ]; then target="$head (the last of $branch that touches $watch)"; fi
  # The plan shows the token of the last deploy as the old one; where that was followed by another one, by hand, say so.
  case $token in
    *"${deployed:-nothing}"*) ;;
    *) target="$target (after ${deployed:-nothing})" ;;
  esac
  # On a guest that was put back to an older backup the same commit is to be deployed as once before.
  echo "release $target, seen $(date -u +%Y-%m-%dT%H:%M:%SZ)"
}

# The operators' user.

# add_user: $user
add_user() {
  by=found
  if grep -qxF "user	$user	ours" "$work/before" || ! id "$user" >/dev/null 2>&1; then by=ours; fi
  note user "$user" "$by"
  if id "$user" >/dev/null 2>&1; then
    unchanged "user $user"
  else
    useradd --create-home --shell /bin/bash "$user"
    changed "user $user"
  fi
}

# seen WHAT: a token that says so. Its time makes it another one than all before it: on a guest that was put back to an
# older backup the same may deviate as once before.
seen() { printf '%s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1"; }

# edited_files: those of the manifest on standard input that are missing, edited or have another mode. All at
# once: a process for each would take longer than all the rest.
edited_files() {
  awk -F '\t' '$1 == "file"' >"$work/files"
  [ -s "$work/files" ] || return 0
  cut -f 2 "$work/files" | xargs -d '\n' stat -c '%n	%a %U:%G' >"$work/modes" 2>/dev/null
  cut -f 2 "$work/files" | xargs -d '\n' sha256sum 2>/dev/null | sed 's/^\([0-9a-f]*\)  \(.*\)/\2	\1/' >"$work/sums"
  awk -F '\t' -v modes="$work/modes" -v sums="$work/sums" '
    BEGIN {
      while ((getline line < modes) > 0) { split(line, at, "\t"); mode[at[1]] = at[2] }
      while ((getline line < sums) > 0) { split(line, at, "\t"); sum[at[1]] = at[2] }
    }
    {
      split($3, want, " ")
      sub(/^0/, "", want[1])
      if (!($2 in sum)) print "missing " $2
      else if (mode[$2] != want[1] " " want[2]) print "mode of " $2
      else if (sum[$2] != want[3]) print "edited " $2
    }' "$work/files"
}

# missing_packages: those of the manifest on standard input that are not installed.
missing_packages() {
  awk -F '\t' '$1 == "package" { print $2 }' >"$work/packages"
  [ -s "$work/packages" ] || return 0
  # One question for all; only where something is wrong one for each.
  # shellcheck disable=SC2016 # dpkg-query's own words
  if xargs dpkg-query -W -f '${db:Status-Status}\n' <"$work/packages" >"$work/statuses" 2>/dev/null &&
    ! grep -qvx installed "$work/statuses"; then
    return
  fi
  while read -r name; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "missing package $name"
  done <"$work/packages"
}

# deviation LAYER: all that is not as the manifest says, in one line that a token can hold.
deviation() {
  deviations "$1" | awk '
    n > 0 && length(all) + length($0) > 150 { more++; next }
    { all = all (n++ > 0 ? "; " : "") $0 }
    END { if (n > 0) print all (more > 0 ? "; and " more " more" : "") }'
}

# deviations LAYER: a line each. Units come last: where a file was edited, that is why a process is outdated.
deviations() {
  if [ -s "$root/$1/pending" ]; then echo "an unfinished run" && return; fi
  edited=$(edited_files <"$root/$1/manifest")
  [ -z "$edited" ] || printf '%s\n' "$edited"
  missing_packages <"$root/$1/manifest"
  list=$work/list
  { grep -v -e '^unit	' -e '^file	' -e '^package	' "$root/$1/manifest"; grep '^unit	' "$root/$1/manifest"; } >"$list"
  while IFS='	' read -r kind name details; do
    case $kind in
      folder)
        if [ ! -d "$name" ]; then
          echo "missing $name/"
          continue
        fi
        case $details in
          0*) [ "$(stat -c '%a %U:%G' "$name")" = "${details#0}" ] || echo "mode of $name/" ;;
        esac
        ;;
      symlink) [ "$(readlink "$name")" = "$details" ] || echo "link $name" ;;
      watch)
        sum=$(sha256sum <"$name" 2>/dev/null)
        [ "${sum%% *}" = "$details" ] || echo "changed $name"
        ;;
      tree) [ -d "$name" ] || echo "missing $name/" ;;
      keys)
        sum=$(sed -n '/^# BEGIN pvestack$/,/^# END pvestack$/p' "${details% *}" 2>/dev/null | sha256sum)
        [ "${sum%% *}" = "${details##* }" ] || echo "keys of $name"
        ;;
      user) id "$name" >/dev/null 2>&1 || echo "missing user $name" ;;
      firewall-on) grep -qx ENABLED=yes /etc/ufw/ufw.conf || echo "firewall is off" ;;
      firewall)
        # As ufw keeps it: "allow PORT/PROTO", "allow from A to any port PORT proto PROTO".
        # shellcheck disable=SC2086 # its words
        set -- $name
        case $2 in
          from)
            case $3 in
              *:*) set -- "$9 $7 ::/0 any $3" user6 ;;
              *) set -- "$9 $7 0.0.0.0/0 any $3" user ;;
            esac
            ;;
          *) set -- "${2#*/} ${2%/*} 0.0.0.0/0 any 0.0.0.0/0" user ;;
        esac
        grep -qF "### tuple ### allow $1 in" "/etc/ufw/$2.rules" || echo "missing firewall rule $name"
        ;;
      service)
        systemctl is-enabled --quiet "$name" || echo "disabled $name"
        systemctl is-active --quiet "$name" || echo "not running $name"
        ;;
      timer)
        systemctl is-enabled --quiet "$name" || echo "disabled $name"
        systemctl is-active --quiet "$name" || echo "not waiting $name"
        ;;
      unit)
        systemctl is-enabled --quiet "$name" || echo "disabled $name"
        if ! systemctl is-active --quiet "$name"; then
          # Of a release that has no such part, or where there is none yet, nothing runs.
          [ "$(systemctl show -p ConditionResult --value "$name")" = no ] || ended_well "$name" || awaits_build "$name" || echo "not running $name"
        elif [ -z "$edited" ] && [ -x /usr/local/lib/pvestack/stamp ] && ! /usr/local/lib/pvestack/stamp --same "$name"; then
          echo "outdated process of $name"
        fi
        ;;
    esac
  done <"$list"
}

# look_at_layer LAYER
look_at_layer() {
  token=$(head -c 200 "$root/$1/token" 2>/dev/null)
  if [ -z "$token" ]; then
    echo "$1 $(seen 'not configured')"
    return
  fi
  found=$(deviation "$1")
  if [ -n "$found" ]; then token=$(seen "$found"); fi
  echo "$1 $token"
  echo "sums $1:$(head -c 20000 "$root/$1/sums" 2>/dev/null)"
}

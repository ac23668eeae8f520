# leave KIND NAME DETAILS: takes away what an earlier configuration put here.
leave() {
  case $1 in
    unit | timer | service)
      systemctl disable --now "$2" >/dev/null 2>&1 || true
      # One that failed would otherwise be listed for ever.
      systemctl reset-failed "$2" 2>/dev/null || true
      removed "$2"
      ;;
    keys)
      # Of a user that is ours no more; the file's other keys stay.
      if grep -qx '# BEGIN pvestack' "${3% *}" 2>/dev/null; then
        sed -i '/^# BEGIN pvestack$/,/^# END pvestack$/d' "${3% *}"
        removed "keys of $2"
      fi
      ;;
    user)
      [ "$3" != ours ] || say kept "user $2, as its home may hold data; to remove it: deluser --remove-home $2"
      ;;
    firewall)
      if [ "$3" = ours ] && ufw show added 2>/dev/null | grep -qxF "ufw $2"; then
        # The words of a rule are words of ufw's command line.
        # shellcheck disable=SC2086
        ufw delete $2 >/dev/null
        # Should the application have to go back to it, see lib/put_back.sh.
        printf '%s\n' "$2" >>"$state/closed"
        removed "firewall: $2"
      fi
      ;;
    locale)
      if [ "$3" = ours ] && grep -qxF "$2" /etc/locale.gen; then
        grep -vxF "$2" /etc/locale.gen >"$work/locale.gen" || true
        cat "$work/locale.gen" >/etc/locale.gen
        locale-gen >/dev/null
        removed "locale $2"
      fi
      ;;
    file | symlink)
      # What somebody put in the place of a link is not ours.
      if [ "$1" = symlink ] && [ ! -L "$2" ]; then return; fi
      if [ -e "$2" ] || [ -L "$2" ]; then
        rm -f "$2"
        case $2 in
          /etc/systemd/system/*)
            # A folder of drop-ins is nobody's when it is empty.
            case $2 in */system/*.d/*) rmdir "${2%/*}" 2>/dev/null || true ;; esac
            systemctl daemon-reload
            # A unit that failed would otherwise be listed for ever.
            systemctl reset-failed "${2##*/}" 2>/dev/null || true
            ;;
        esac
        removed "$2"
      fi
      ;;
    tree)
      if [ -d "$2" ]; then
        rm -rf "$2"
        removed "$2/"
      fi
      ;;
    folder)
      if [ -d "$2" ] && rmdir "$2" 2>/dev/null; then removed "$2/"; fi
      ;;
    package | kept-package)
      if [ "$3" = ours ]; then leave_package "$1" "$2"; fi
      ;;
  esac
}

# leave_package KIND NAME: a package may serve others by now, so it goes only where the inventory asks for that.
leave_package() {
  dpkg-query -W -f '${db:Status-Abbrev}\n' "$2" 2>/dev/null | grep -q '^ii' || return 0
  if [ "${remove_packages:-no}" = yes ]; then
    needed=$(apt-get -s remove "$2" | sed -n 's/^Remv \([^ ]*\).*/\1/p' | grep -vxF "$2" | tr '\n' ' ') || true
    if [ -z "$needed" ]; then
      # Not purged: settings and data of a package are not ours.
      apt_get remove "$2" >/dev/null
      removed "package $2"
      return
    fi
    say kept "package $2, as others need it: $needed"
  elif [ "$1" = package ]; then
    say kept "package $2; remove_packages: true would remove it"
  fi
  # Should the inventory ask for it one day, it is still known to be ours.
  note kept-package "$2" ours
}

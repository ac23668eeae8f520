# The layer base_os: packages, the operators' user and their keys, sshd, the firewall, time zone and locale.
library lib/apt
for part in packages node clock_and_language user keys lockout apply_sshd sshd firewall; do library "base_os/$part"; done

# Packages and the user, before files that need them.
before_files() {
  # As usual, where the values say nothing else.
  node_version='' harden_sshd=yes ufw=yes security_upgrades=yes
  . "$work/values.wanted"
  { base_packages && wanted packages; } >"$work/packages.all"
  packages <"$work/packages.all"
  if [ -n "$node_version" ]; then node_of_nodejs_org; else node_warning; fi
  set_timezone
  set_locale
  add_user
}

after_files() {
  touch "$work/keys.wanted"
  authorize_keys
  watch_for_lockouts
  if [ "$harden_sshd" = yes ]; then sshd_settings; else sshd_as_found; fi
  if [ "$ufw" = yes ]; then firewall; else firewall_as_found; fi
  abandoned_layers
}

# abandoned_layers: that the inventory no longer has. What they put here leaves with what this one no longer has.
abandoned_layers() {
  for other in /var/lib/pvestack/*/manifest; do
    other=${other%/manifest}
    case " $layers " in *" ${other##*/} "*) continue ;; esac
    cat "$other/manifest" "$other/pending" >>"$work/before" 2>/dev/null || true
    printf '%s\n' "$other" >>"$work/abandoned"
  done
}

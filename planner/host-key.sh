#!/bin/sh
# The host key of a guest, pinned from the first contact on. Part of look.sh, whose words it uses: $work, $ADDRESS,
# reach. The pin stands as a tag on the guest, hostkey-MAC-KEY: it goes with the guest, and Terraform reads
# it without a login. KEY is the 32 bytes of an Ed25519 key, in hexadecimal digits: a tag has no capital letters.
# shellcheck disable=SC2030,SC2031,SC2154 # these

# Of a guest that has no key of that type.
# shellcheck disable=SC2034 # look.sh reads it
none=0000000000000000000000000000000000000000000000000000000000000000
# What every Ed25519 key begins with, in hexadecimal digits (RFC 8709, RFC 4253 6.6).
ed25519=0000000b7373682d6564323535313900000020
# Three digits of one are two of the other.
code='BEGIN { hex = "0123456789abcdef"; digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }'

# as_known KEY: the key as known_hosts has it.
as_known() {
  printf '%s%s\n' "$ed25519" "$1" | awk "$code"'{
    for (i = 1; i < length($0); i += 3) {
      v = 0
      for (j = 0; j < 3; j++) v = 16 * v + index(hex, substr($0, i + j, 1)) - 1
      all = all substr(digits, int(v / 64) + 1, 1) substr(digits, v % 64 + 1, 1)
    }
    print "ssh-ed25519 " all
  }'
}

# as_pin FILE: of a file as known_hosts the Ed25519 key, as a tag has it.
as_pin() {
  awk '$2 == "ssh-ed25519" && length($3) == 68 { print $3; exit }' "$1" 2>/dev/null | awk "$code"'{
    for (i = 1; i < length($0); i += 2) {
      v = 64 * (index(digits, substr($0, i, 1)) - 1) + index(digits, substr($0, i + 1, 1)) - 1
      all = all substr(hex, int(v / 256) + 1, 1) substr(hex, int(v / 16) % 16 + 1, 1) substr(hex, v % 16 + 1, 1)
    }
    print all
  }' | sed -n "s/^$ed25519//p"
}

# fingerprint KEY: as ssh-keygen -l shows it.
fingerprint() {
  as_known "$1" >"$work/fingerprint"
  ssh-keygen -l -f "$work/fingerprint" 2>/dev/null | cut -d ' ' -f 2
}

accepting() {
  case $PIN in
    external-*) echo 'deploy with -replace=terraform_data.host_key' ;;
    *) echo "remove the tag hostkey-$PIN from the guest in Proxmox and deploy again" ;;
  esac
}

# changed_key: what to say where another key answers than the pinned one. Asks only for the key.
changed_key() {
  rm -f "$work/known_hosts"
  (
    pinned=
    reach true -o PreferredAuthentications=none
  ) </dev/null >/dev/null 2>&1 || true
  answers=$(as_pin "$work/known_hosts")
  printf '%s' "Another host key answers at $ADDRESS than at the first contact. Pinned: $(fingerprint "$pinned"). Now: "
  if [ -n "$answers" ]; then
    printf '%s' "$(fingerprint "$answers"). Nothing was sent to it. Look who has that address (ip). If the guest was given new keys, compare this with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on its console, and accept it: $(accepting), or write ssh_host_key: $(as_known "$answers") in the inventory."
  else
    printf '%s' 'no key of that type (ssh-ed25519). Nothing was sent to it. Look who has that address (ip). If the guest lost that key, make it again there: ssh-keygen -A'
  fi
}

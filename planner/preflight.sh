#!/bin/sh
# Before a guest is created: is its VMID free, is its address unused, and can it be made (creatable.sh)? Before
# it is destroyed: is it still ours?
# Runs where terraform runs: at plan (MODE=plan, answers in JSON), before every create (MODE=apply) and before every
# destroy (MODE=destroy). MODE=pin, of look.sh at a first contact: gives the guest the tag PINNED, with its host key.
# From the environment: MODE, STACK, OWNER, VMID, ADDRESS (all of them, with spaces between), ENDPOINT, INSECURE, CA_FILE, ADOPT, ALLOW_IP_CONFLICTS, NEEDS
# and, before a create, if the inventory has them, TOKEN or USERNAME_PVE and PASSWORD_PVE. A plan has no credentials among its
# arguments, which are kept in the state, and a destroy knows none: CREDENTIALS is code that finds them in terraform's own
# environment. The provider's PROXMOX_VE_… take their place. Before a destroy: GUEST (VMID and owner), FORGET (what to do
# where the guest is gone), and where the host is found by CREDENTIALS PORT.
set -eu
umask 077

if [ "$MODE" = destroy ]; then VMID=${GUEST%% *} OWNER=${GUEST#* } ADDRESS=none; fi
: "${STACK:?}" "${OWNER:?}" "${VMID:?}" "${ADDRESS:?}"
stack=$STACK owner=$OWNER vmid=$VMID addresses=$ADDRESS
# For messages about all of them.
named=$(printf '%s' "$addresses" | sed 's/ / and /g')

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Guest names and API messages are strangers' words: only harmless characters reach the terminal.
clean() { tr '\n\t' '  ' | tr -cd "A-Za-z0-9 .,:;/_()=+@!'-" | cut -c 1-1200; }

answer() {
  message=$(printf '%s' "$2" | clean)
  if [ "$MODE" = plan ]; then
    printf '{"ok":"%s","message":"%s"}\n' "$1" "$message"
    exit 0
  fi
  if [ "$1" = no ]; then
    printf '%s\n' "$message" >&2
    exit 1
  fi
  printf '%s\n' "$message"
  exit 0
}
refuse() {
  if [ "$MODE" = destroy ]; then
    answer no "$1 So nobody can tell whose guest $vmid is now, and nothing was destroyed. To destroy it unseen: PVESTACK_DESTROY_UNSEEN=$vmid."
  fi
  answer no "$1"
}

if [ "$MODE" = destroy ] && [ "${PVESTACK_DESTROY_UNSEEN:-}" = "$vmid" ]; then exit 0; fi

# shellcheck source=/dev/null
. "${0%/*}/creatable.sh"

if ! command -v curl >/dev/null 2>&1; then
  refuse "curl is not installed here, so nobody can tell whether VMID $vmid and $named are free. Install curl (7.66 or later)."
fi

host=
insecure=${INSECURE:-${PROXMOX_VE_INSECURE:-}}
token=${TOKEN:-}
username=${USERNAME_PVE:-}
password=${PASSWORD_PVE:-}
# What the inventory says of them, as code that reads terraform's variables.
eval "${CREDENTIALS:-}"
endpoint=${ENDPOINT:-}
if [ -z "$endpoint" ] && [ -n "$host" ]; then
  host=${host#https://} host=${host%/}
  case ${host##*:} in "$host" | '' | *[!0-9]*) host=$host:$PORT ;; esac
  endpoint=https://$host
fi
endpoint=${endpoint:-${PROXMOX_VE_ENDPOINT:-}}
endpoint=${endpoint%/}
[ -n "$token" ] || token=${PROXMOX_VE_API_TOKEN:-}
[ -n "$username" ] || username=${PROXMOX_VE_USERNAME:-}
[ -n "$password" ] || password=${PROXMOX_VE_PASSWORD:-}

if [ -z "$endpoint" ] || { [ -z "$token" ] && { [ -z "$username" ] || [ -z "$password" ]; }; }; then
  if [ "$MODE" = plan ]; then
    if [ "$(needed replaces)" = true ]; then
      answer unknown "the credentials of the Proxmox API are not in the environment of this plan, so $named was not searched in other guests, and nobody asked whether the guest can be made anew."
    fi
    answer unknown "the credentials of the Proxmox API are not in the environment of this plan, so $named was not searched in other guests. It is searched before the guest is created."
  fi
  refuse "the address or the credentials of the Proxmox API are missing: set proxmox_host and a token in the inventory, or export PROXMOX_VE_ENDPOINT and PROXMOX_VE_API_TOKEN."
fi

# What a kill -9 leaves lies in a folder named after its process; those of dead ones go. Containers may share the folder:
# only their own process ids tell them anything.
folder=${TMPDIR:-/tmp}/pvestack-preflight-$(readlink /proc/self/ns/pid 2>/dev/null | tr -cd 0-9)
for left in "$folder".*; do
  of=${left#"$folder".}
  kill -0 "${of%%.*}" 2>/dev/null || rm -rf "$left" 2>/dev/null || true
done
work=$(mktemp -d "$folder.$$.XXXXXX")

# advice STATUS FILE: what to do about an answer of the API that is no 200.
advice() {
  case $1 in
    401) printf '%s' 'The token or the password is wrong, expired or revoked.' ;;
    403) printf '%s' 'Give the token VM.Audit there.' ;;
    *)
      said=$(sed -n 's/.*"message" *: *"\([^"]*\)".*/\1/p' "$2" 2>/dev/null | sed 's/\\n$//')
      printf '%s' "${said:+It says: $said. }Try again; if it stays, look after the cluster."
      ;;
  esac
}

# What curl itself said, without the progress meter that it draws around it.
curl_said() { sed -n 's/.*\(curl: .*\)/\1/p' "$work/error" | tail -n 1; }

# Values in curl's config file stand in double quotes.
quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

{
  printf '%s\n' silent show-error 'connect-timeout = 10' 'max-time = 60' 'retry = 2'
  case $insecure in true | 1) printf '%s\n' insecure ;; esac
  # The provider reads SSL_CERT_FILE; so that both trust the same, so does this.
  ca_file=${CA_FILE:-${SSL_CERT_FILE:-}}
  if [ -n "$ca_file" ]; then printf 'cacert = "%s"\n' "$(quoted "$ca_file")"; fi
} >"$work/options"

# curl reads the credentials from its standard input: no file holds them, which a kill -9 would leave.
ask() { printf '%s\n' "$login" | curl -K "$work/options" -K - "$@"; }
unreachable() { refuse "the Proxmox API at $endpoint does not answer: $(curl_said)"; }

# A proxy, a portal or another server may answer anything with 200.
foreign() { refuse "what answers at $endpoint is not the Proxmox API: $1 came as: $(clean <"$2" | cut -c 1-80). Look what stands between here and Proxmox (a proxy, a portal), and at proxmox_host."; }

# get PATH FILE FORM: one answer of the API into a file; its HTTP status into $status. FORM is how its data begins.
get() {
  status=$(ask -o "$2" -w '%{http_code}' "$endpoint/api2/json/$1" 2>"$work/error") || unreachable
  [ "$status" != 200 ] || grep -qE "$(form "$3")" "$2" || foreign "${1%%[?]*}" "$2"
}
form() { printf '%s' '^[[:space:]]*\{(.*,)?[[:space:]]*"data" *: *'"$1"; }

if [ -n "$token" ]; then
  login="header = \"Authorization: PVEAPIToken=$(quoted "$token")\""
else
  login="data-urlencode = \"username=$(quoted "$username")\"
data-urlencode = \"password=$(quoted "$password")\""
  # The ticket is as good as the password.
  ticket=$(ask -w '\n%{http_code}' "$endpoint/api2/json/access/ticket" 2>"$work/error") || unreachable
  status=$(printf '%s' "$ticket" | tail -n 1)
  if [ "$status" != 200 ]; then
    printf '%s' "$ticket" >"$work/refusal"
    refuse "the Proxmox API at $endpoint refuses the user $username (HTTP $status). $(advice "$status" "$work/refusal")"
  fi
  answered=$ticket
  ticket=$(printf '%s' "$answered" | sed -n 's/.*"ticket" *: *"\([^"]*\)".*/\1/p')
  [ -n "$ticket" ] || refuse "what answers at $endpoint is not the Proxmox API: access/ticket came without a ticket."
  csrf=$(printf '%s' "$answered" | sed -n 's/.*"CSRFPreventionToken" *: *"\([^"]*\)".*/\1/p')
  login="header = \"Cookie: PVEAuthCookie=$(quoted "$ticket")\"
header = \"CSRFPreventionToken: $(quoted "$csrf")\""
fi

# Every guest that the credentials may see, one per line: kind, VMID, node, tags, name.
get 'cluster/resources?type=vm' "$work/resources" '\['
[ "$status" = 200 ] || refuse "the Proxmox API at $endpoint does not list the guests (HTTP $status). $(advice "$status" "$work/resources")"
rows 'type vmid node tags name' "$work/resources" >"$work/guests"

has_tag() { case ";$1;" in *";$2;"*) return 0 ;; *) return 1 ;; esac; }

# whose: who has the VMID, into $kind $node $tags $name; fails where nobody in the list does.
whose() {
  holder=$(awk -v vmid="$vmid" '$2 == vmid' "$work/guests")
  [ -n "$holder" ] || return 1
  read -r kind _ node tags name <<EOF
$holder
EOF
}

if [ "$MODE" = destroy ]; then
  # Gone is as good as destroyed.
  if ! whose || { has_tag "$tags" "$stack" && has_tag "$tags" "$owner"; }; then exit 0; fi
  answer no "VMID $vmid is not a guest of $stack any more: $kind/$vmid ($name) on node $node has not both tags $stack and $owner. Nothing was touched. ${FORGET:-} If this is the guest and it lost its tags, give them back in Proxmox."
fi

if [ "$MODE" = pin ]; then
  unpinned="The host key of $stack ($named) could not be pinned, so this first contact is none:"
  if ! whose || ! has_tag "$tags" "$stack" || ! has_tag "$tags" "$owner"; then
    refuse "$unpinned $vmid is no guest of $stack ($owner)."
  fi
  get "nodes/$node/$kind/$vmid/config" "$work/own" '\{'
  [ "$status" = 200 ] || refuse "$unpinned the configuration of $kind/$vmid cannot be read (HTTP $status). $(advice "$status" "$work/own")"
  # The pin of a guest that was before this one goes.
  kept=$(sed -n 's/.*"tags" *: *"\([^"]*\)".*/\1/p' "$work/own" | tr ';' '\n' | grep -v '^hostkey-' | tr '\n' ';')
  status=$(ask -X PUT --data-urlencode "tags=$kept$PINNED" -o "$work/pin" -w '%{http_code}' "$endpoint/api2/json/nodes/$node/$kind/$vmid/config" 2>"$work/error") || unreachable
  [ "$status" = 200 ] || refuse "$unpinned the tag cannot be written (HTTP $status). $(advice "$status" "$work/pin")"
  answer yes "The host key of $named is pinned: $PINNED."
fi

standing=
# 1. The VMID. The cluster itself is asked: the list hides what these credentials may not see.
get "cluster/nextid?vmid=$vmid" "$work/nextid" "\"?$vmid\"?[,}]"
case $status in
  200) ;;
  400)
    if ! whose; then
      refuse "VMID $vmid is taken by a guest that these credentials may not see. Choose another vmid in the inventory, or look for it in the Proxmox UI as an administrator."
    fi
    # shellcheck disable=SC2034 # creatable.sh reads it
    standing=$node
    if { ! has_tag "$tags" "$stack" || ! has_tag "$tags" "$owner"; } && [ "${ADOPT:-}" != yes ]; then
      refuse "VMID $vmid belongs to $kind/$vmid ($name) on node $node, which is not a guest of $stack ($owner). Choose another vmid in the inventory, or take the guest over with adopt: true."
    fi
    ;;
  *) refuse "the Proxmox API at $endpoint does not tell whether VMID $vmid is free (HTTP $status). $(advice "$status" "$work/nextid")" ;;
esac

if [ "${ALLOW_IP_CONFLICTS:-}" = true ]; then
  can_be_made
  [ -z "$unasked" ] || answer unknown "VMID $vmid is free or ours.$unasked"
  answer yes "VMID $vmid is free or ours; the address was not checked (allow_ip_conflicts)."
fi

# 2. Whether anything is hidden: to credentials that see no guest every address looks free. The 1 says that the
# privilege reaches the guests below; their own entries may still take it away.
get 'access/permissions?path=%2Fvms' "$work/permissions" '\{'
[ "$status" = 200 ] || refuse "the Proxmox API at $endpoint does not tell what these credentials may see (HTTP $status). $(advice "$status" "$work/permissions")"
if ! grep -qE '"VM\.Audit" *: *"?1' "$work/permissions"; then
  grant='pveum acl modify /vms --roles PVEAuditor'
  case $token in
    *!*=*)
      id=${token%%=*}
      ways="$grant --users ${id%%!*} and, where the token was made with --privsep 1, also $grant --tokens '$id'"
      ;;
    *) ways="$grant --users ${username:-USER}" ;;
  esac
  refuse "these credentials do not see the guests of the cluster: they lack VM.Audit on /vms, so $named may be in use. On a Proxmox node, as root: $ways"
fi

can_be_made

# Of the configurations each wanted address that it has, and its file. An IPv6 address is written in many ways.
# shellcheck disable=SC2016 # awk's
holders='
  function full(address,  halves, left, right, before, after, i, text) {
    if (address !~ /:/) return address
    address = tolower(address)
    if (split(address, halves, "::") == 1) halves[2] = ""
    before = split(halves[1], left, ":")
    after = split(halves[2], right, ":")
    for (i = 1; i <= 8; i++) text = text ":" group(i <= before ? left[i] : i > 8 - after ? right[i - 8 + after] : "0")
    return text
  }
  function group(digits) { sub(/^0+/, "", digits); return digits == "" ? "0" : digits }
  BEGIN { number = split(wanted, all, " "); for (i = 1; i <= number; i++) name[full(all[i])] = all[i] }
  {
    rest = $0
    while (match(rest, /"(net|ipconfig)[0-9]+" *: *"[^"]*"/)) {
      line = substr(rest, RSTART, RLENGTH)
      rest = substr(rest, RSTART + RLENGTH)
      sub(/^"[^"]*" *: *"/, "", line)
      sub(/"$/, "", line)
      number = split(line, part, ",")
      for (i = 1; i <= number; i++) {
        if (part[i] !~ /^ip6?=/) continue
        sub(/^ip6?=/, "", part[i])
        sub(/\/.*/, "", part[i])
        if (full(part[i]) in name) print name[full(part[i])], FILENAME
      }
    }
  }'

# 3. The addresses, in the configuration of every other guest, running or not.
while read -r kind id node _; do
  printf 'url = "%s/api2/json/nodes/%s/%s/%s/config"\noutput = "%s/config.%s.%s.%s"\n' \
    "$endpoint" "$node" "$kind" "$id" "$work" "$kind" "$id" "$node"
done <"$work/guests" >"$work/urls"

own=
if [ -s "$work/urls" ]; then
  ask --parallel --parallel-max 16 -K "$work/urls" \
    -w '%{http_code} %{filename_effective}\n' >"$work/statuses" 2>"$work/error" ||
    refuse "the configurations of the guests cannot be read: $(curl_said). Try again."
  while read -r status file; do
    [ "$status" != 200 ] || continue
    # A guest that was removed since the list was made holds no address.
    if grep -q 'does not exist' "$file" 2>/dev/null; then
      rm -f "$file"
      continue
    fi
    rest=${file##*/config.}
    refuse "the configuration of the guest $rest cannot be read (HTTP $status), so $named may be in use. $(advice "$status" "$file")"
  done <"$work/statuses"
  asked=$(wc -l <"$work/guests")
  answered=$(wc -l <"$work/statuses")
  [ "$asked" -eq "$answered" ] ||
    refuse "only $((answered)) of $((asked)) configurations were answered, so $named may be in use. Try again."
  find "$work" -name 'config.*' -exec grep -LE "$(form '\{')" {} + >"$work/strange" || true
  while read -r file; do foreign "the configuration of the guest ${file##*/config.}" "$file"; done <"$work/strange"

  find "$work" -name 'config.*' -exec awk -v wanted="$addresses" "$holders" {} + >"$work/matches"
  while read -r address file; do
    rest=${file##*/config.}
    kind=${rest%%.*}
    rest=${rest#*.}
    id=${rest%%.*}
    node=${rest#*.}
    if [ "$id" = "$vmid" ]; then
      own="$own $address "
      continue
    fi
    name=$(awk -v vmid="$id" '$2 == vmid { print $5 }' "$work/guests")
    refuse "$address is the address of $kind/$id ($name) on node $node. Choose another ip in the inventory, or override with TF_VAR_allow_ip_conflicts=true."
  done <"$work/matches"
fi

# 4. The address on the network: a host that Proxmox does not know. Our own guest may answer.
note=
for address in $addresses; do
  case $own in *" $address "*) continue ;; esac
  case $(uname) in
    Darwin)
      patience='-t 1'
      # Its ping knows no IPv6, and its ping6 no patience.
      case $address in *:*) note=" Whether $address answers was not asked." && continue ;; esac
      ;;
    *) patience='-W 1' ;;
  esac
  if command -v ping >/dev/null 2>&1; then
    # shellcheck disable=SC2086 # two words
    if ping -c 1 $patience "$address" >/dev/null 2>&1; then
      refuse "$address answers a ping, but no guest of this cluster has it. Choose another ip in the inventory, or override with TF_VAR_allow_ip_conflicts=true."
    fi
  else
    note=" ping is not installed here, so hosts outside of Proxmox were not asked."
  fi
done
[ -z "$unasked" ] || answer unknown "VMID $vmid and $named are free or ours.$note$unasked"
answer yes "VMID $vmid and $named are free or ours.$note"

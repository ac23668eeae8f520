#!/bin/sh
# Whether a guest can be made: before one is created, and before one that stands is replaced, which destroys it first.
# Part of preflight.sh, whose words it uses: get, refuse, advice, $endpoint, $work, $vmid and $standing, the node of the
# guest that has the VMID, or nothing. NEEDS, from the environment: words such as disk=local-lvm.
# shellcheck disable=SC2154 # these

# What is only said, because it could not be asked.
unasked=

# needed WHAT: its values, one per line.
needed() (
  set -f
  for word in ${NEEDS:-}; do
    case $word in "$1="*) printf '%s\n' "${word#*=}" ;; esac
  done
)

# rows KEYS FILE: the objects of a list of the API, one per line, with these of their values.
rows() {
  tr '{' '\n' <"$2" | awk -v keys="$1" '
    function field(name,  rest) {
      if (!match($0, "\"" name "\" *: *")) return "-"
      rest = substr($0, RSTART + RLENGTH)
      if (rest ~ /^"/) { rest = substr(rest, 2); sub(/".*/, "", rest) } else sub(/[,}].*/, "", rest)
      gsub(/[ \t]/, "", rest)
      return rest == "" ? "-" : rest
    }
    BEGIN { count = split(keys, key, " ") }
    field(key[1]) != "-" { line = ""; for (i = 1; i <= count; i++) line = line field(key[i]) " "; print line }
  '
}

# words: lines as one list for a message.
words() { tr '\n' ' ' | sed 's/ *$//; s/  */, /g'; }

cannot() {
  refuse "$1${standing:+ The guest that stands would be destroyed first, and not made again. Nothing was touched.}"
}

# could_not WHAT FILE: of a question that was not answered. A right that lacks only for asking costs a new guest nothing.
could_not() {
  if [ "$status" != 403 ]; then
    cannot "the Proxmox API at $endpoint does not tell $1 (HTTP $status). $(advice "$status" "$2")"
  elif [ -n "$standing" ]; then
    cannot "these credentials may not ask $1 (HTTP 403)."
  fi
  unasked="$unasked These credentials may not ask $1 (HTTP 403)."
}

# will_be_made: whether this run, or the apply after this plan, makes the guest.
will_be_made() {
  [ -n "${NEEDS:-}" ] || return 1
  [ -n "$standing" ] || return 0
  [ "$(needed replaces)" = true ] || return 1
  # It was made of something else. It may have become what is asked for by hand.
  [ -z "$(needed mount)" ] || return 0
  get "nodes/$standing/lxc/$vmid/config" "$work/own" '\{'
  [ "$status" = 200 ] || return 0
  [ "$(sed -n 's/.*"rootfs" *: *"\([^":]*\):.*/\1/p' "$work/own")" = "$(needed disk)" ] || return 0
  is=false
  if grep -qE '"unprivileged" *: *"?1' "$work/own"; then is=true; fi
  [ "$is" != "$(needed unprivileged)" ]
}

# storage NAME CONTENT KEY: whether volumes of this kind can be made on it.
storage() {
  found=$(awk -v name="$1" '$1 == name' "$work/storages")
  usable=$(awk -v kind=",$2," 'index("," $2 ",", kind) { print $1 }' "$work/storages" | words)
  if [ -z "$found" ]; then
    cannot "the storage $1 ($3) is not there: node $node has none of this name, or these credentials may not use it (Datastore.AllocateSpace on /storage/$1). There are: ${usable:-none}."
  fi
  read -r _ content active enabled <<EOF
$found
EOF
  case ",$content," in
    *",$2,"*) ;;
    *) cannot "the storage $1 ($3) on node $node is not for $2, only for $content. Choose another one ($usable), or add $2 to its content in Proxmox." ;;
  esac
  if [ "$active" = 0 ] || [ "$enabled" = 0 ]; then
    cannot "the storage $1 ($3) is not active on node $node. Bring it back, or choose another one."
  fi
  get "access/permissions?path=%2Fstorage%2F$1" "$work/permissions.storage" '\{'
  if [ "$status" != 200 ]; then
    could_not "whether these credentials may use the storage $1" "$work/permissions.storage"
  elif ! grep -q '"Datastore\.AllocateSpace"' "$work/permissions.storage"; then
    cannot "these credentials may not make disks on the storage $1 ($3): they lack Datastore.AllocateSpace on /storage/$1."
  fi
}

can_be_made() {
  will_be_made || return 0
  node=$(needed node) clone=$(needed clone) template=$(needed template) all=$(needed bridge)
  kind=rootdir
  [ -z "$clone" ] || kind=images

  get "nodes/$node/storage" "$work/storage" '\['
  if [ "$status" != 200 ]; then
    said="the node $node does not tell its storages (HTTP $status). $(advice "$status" "$work/storage")"
    get nodes "$work/nodes" '\['
    [ "$status" = 200 ] || cannot "$said"
    nodes=$(rows node "$work/nodes")
    case " $(printf '%s' "$nodes" | tr '\n' ' ') " in
      *" $node "*) cannot "$said" ;;
      *) cannot "there is no node $node in this cluster, only $(printf '%s\n' "$nodes" | words). Write its proxmox_node in the inventory." ;;
    esac
  fi
  rows 'storage content active enabled' "$work/storage" >"$work/storages"

  if [ -n "$standing" ]; then
    get 'access/permissions?path=%2Fvms' "$work/permissions.vms" '\{'
    if [ "$status" != 200 ]; then
      could_not 'whether these credentials may make guests' "$work/permissions.vms"
    elif ! grep -qE '"VM\.Allocate" *: *"?1' "$work/permissions.vms"; then
      cannot "these credentials may not make it again: they lack VM.Allocate on /vms, and what they may on /vms/$vmid Proxmox forgets with the guest. Give them their role on /vms for this deploy."
    fi
  fi

  storage "$(needed disk)" "$kind" disk_storage
  needed mount >"$work/mounts"
  while read -r mount; do
    case $mount in
      /*)
        # Measured: a token, also root's, and any other user get 403.
        if [ -n "$token" ] || [ "$username" != root@pam ]; then
          cannot "the mount point $mount is a folder of the node (a bind mount), which Proxmox allows to root@pam with a password only, to no token. Use a volume of a storage, or proxmox_user: root@pam with proxmox_password."
        fi
        ;;
      *) storage "${mount%%:*}" rootdir mount_points ;;
    esac
  done <"$work/mounts"

  get "nodes/$node/network?type=any_bridge" "$work/network" '\['
  if [ "$status" != 200 ]; then
    could_not "whether there is the bridge $(printf '%s\n' "$all" | words)" "$work/network"
  else
    bridges=$(rows iface "$work/network")
    for bridge in $all; do
      case " $(printf '%s' "$bridges" | tr '\n' ' ') " in
        *" $bridge "*) ;;
        *) cannot "the bridge $bridge is not there: node $node has none of this name, or these credentials may not use it (SDN.Use on /sdn/zones/localnetwork/$bridge). There are: $(printf '%s\n' "${bridges:-none}" | words)." ;;
      esac
    done
  fi

  case $template in
    *:vztmpl/*)
      get "nodes/$node/storage/${template%%:*}/content?content=vztmpl" "$work/templates" '\['
      if [ "$status" != 200 ]; then
        could_not "whether there is the template $template" "$work/templates"
      else
        templates=$(rows volid "$work/templates")
        case " $(printf '%s' "$templates" | tr '\n' ' ') " in
          *" $template "*) ;;
          *) cannot "the template $template is not there. Node $node has: $(printf '%s\n' "$templates" | words). Download it in Proxmox, or write another lxc_ostemplate in the inventory." ;;
        esac
      fi
      ;;
  esac

  [ -n "$clone" ] || return 0
  found=$(awk -v vmid="$clone" '$2 == vmid' "$work/guests")
  read -r is _ at _ <<EOF
$found
EOF
  [ -n "$found" ] || cannot "there is no VM $clone to clone (kvm_clone_vmid), or these credentials may not see it. Write the VMID of a template."
  [ "$is" = qemu ] || cannot "$clone (kvm_clone_vmid) is a container. Write the VMID of a template of VMs."
  [ "$at" = "$node" ] || cannot "the VM $clone (kvm_clone_vmid) is on node $at, and is cloned only where it is. Write proxmox_node: $at, or the VMID of a template on $node."
}

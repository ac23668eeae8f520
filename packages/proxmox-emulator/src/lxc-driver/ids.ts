/** The first id of an unprivileged guest's users, as Proxmox has it. */
export const ID_SHIFT = 100_000;

/** How many there are. */
export const ID_COUNT = 65_536;

/**
 * Lets root map the ids of guests, in the present mount namespace and nowhere else: where Debian's uidmap is
 * installed, LXC maps by newuidmap, which asks /etc/subuid (subuid(5)), and there root usually is not named.
 * @param file a file to make, quoted for the shell; it must stay
 * @returns lines of a shell script
 */
export function grantIds(file: string): string {
  return `if [ -e /etc/subuid ] && [ -e /etc/subgid ]; then
  echo root:${String(ID_SHIFT)}:${String(ID_COUNT)} >${file}
  mount --bind ${file} /etc/subuid
  mount --bind ${file} /etc/subgid
fi`;
}

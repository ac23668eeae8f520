import type { ClusterState } from 'proxmox-emulator';

/** What counts of a guest when two clusters are compared. */
export interface GuestView {
  vmid: number;
  type: string;
  node: string;
  running: boolean;
  /** Options with what waits for a restart in it; disks as volume and bytes. */
  options: Record<string, string>;
  /** Names of options that wait for a restart. */
  waiting: string[];
}

const DISK = /^(rootfs|mp\d+|(scsi|virtio|sata|ide|efidisk)\d+)$/;
/** Chosen by Proxmox anew for every guest, or no business of ours. */
const RANDOM = /^(vmgenid|smbios1|meta|digest)$/;

/**
 * The guests of a cluster without what differs from run to run: MAC addresses, the time of creation, ids, and
 * two spellings of the provider (disk options that are Proxmox's defaults; `host-managed=0`, which it leaves out
 * when it cannot read the version).
 * @param state the cluster
 * @returns the guests, by VMID
 */
export function clusterView(state: ClusterState): GuestView[] {
  const bytes = new Map(
    state
      .export()
      .storages.flatMap(({ volumes }) => volumes.map(({ volid, size }) => [volid, size] as const)),
  );
  const text = (option: string, value: string): string => {
    if (!DISK.test(option)) {
      return value
        .replace(/(created|owner)-\w+/g, '$1-…')
        .replace(/BC:24:11(:[0-9A-F]{2}){3}/, 'MAC')
        .replace(',host-managed=0', '');
    }
    const volume = value
      .split(',')
      .map((part) => part.replace(/^(file|volume)=/, ''))
      .find((part) => bytes.has(part));
    return volume === undefined ? value : `${volume} ${bytes.get(volume)}`;
  };
  return state
    .export()
    .guests.map(({ vmid, type, node, running, config, pending, pendingDelete }) => ({
      vmid,
      type,
      node,
      running,
      options: Object.fromEntries(
        Object.entries({ ...config, ...pending })
          .filter(([option]) => !RANDOM.test(option) && !pendingDelete.includes(option))
          .map(([option, value]): [string, string] => [option, text(option, String(value))])
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
      waiting: [...Object.keys(pending), ...pendingDelete],
    }))
    .sort((a, b) => a.vmid - b.vmid);
}

/**
 * Everything about the guests and volumes that are not this one, byte for byte.
 * @param state the cluster
 * @param vmid the guest that may change
 * @returns JSON
 */
export function bystanders(state: ClusterState, vmid: number): string {
  const { guests, storages } = state.export();
  return JSON.stringify([
    guests.filter((guest) => guest.vmid !== vmid),
    storages.flatMap(({ volumes }) => volumes.filter((volume) => volume.vmid !== vmid)),
  ]);
}

import { diskProps } from '../lxc/disks';
import type { Guest } from '../model';

/** The folder inside the namespaces that holds the contents of mount points. */
const VOLUMES = '/run/lab/volumes';

/** A mount point of a guest. */
export interface Mount {
  /** Folder inside the namespaces. */
  readonly source: string;
  /** Path in the guest, without the leading slash. */
  readonly target: string;
  readonly readOnly: boolean;
}

/** The mount points of a guest. Volumes are folders: their size is not enforced. */
export function mountsOf(guest: Guest): Mount[] {
  return [...guest.config].flatMap(([option, value]) => {
    if (!/^mp\d+$/.test(option)) return [];
    const props = diskProps(option, String(value));
    const volume = props.get('volume') ?? '';
    const target = (props.get('mp') ?? '')
      .split('/')
      .filter((part) => part !== '' && part !== '..' && part !== '.');
    if (volume === '' || target.length === 0) return [];
    // A folder of the host (bind mount) is one of the lab: guests have no business in this machine's folders.
    const source = `${VOLUMES}/${volume.replace(/[^\w.-]+/g, '_')}`;
    return [{ source, target: target.join('/'), readOnly: props.get('ro') === '1' }];
  });
}

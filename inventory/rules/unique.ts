import type { Path } from '../document';
import type { Draft } from '../draft';
import { interfacesOf } from '../interfaces';
import type { Validation } from '../validation';
import type { Addressed } from './network';

/** Address, VMID, host name and MAC address are unique in the whole inventory, across projects. */
export function checkUnique(
  drafts: readonly Draft[],
  addressed: readonly Addressed[],
  validation: Validation,
): void {
  const check = (
    what: string,
    fix: string,
  ): ((value: string | number | undefined, path: Path, draft: Draft, counts?: boolean) => void) => {
    const seen = new Map<string | number, { path: Path; draft: Draft }>();
    return (value, path, draft, counts = !validation.isRefused(path)) => {
      if (value === undefined || !counts) return;
      const first = seen.get(value);
      if (first) validation.error(path, `${what} ${value}, which ${first.draft.stack} has`, fix, first.path);
      else seen.set(value, { path, draft });
    };
  };
  const address = check('is the address', 'give each guest an address of its own');
  const vmid = check(
    'is the VMID',
    'give each guest a VMID of its own; VMs and containers share the numbers',
  );
  const hostname = check('is the host name', 'give each guest a name of its own');
  const mac = check('is the MAC address', 'give each guest a MAC address of its own, or leave it out');

  for (const { address: value, network, path, draft } of addressed) {
    // Where only its prefix was refused, that says nothing of the address.
    address(value, path, draft, network ? !validation.isRefused(path) : true);
  }
  for (const draft of drafts) {
    vmid(draft.scope.find('vmid')?.value, [...draft.path, 'vmid'], draft);
    hostname(draft.scope.find('name')?.value.toLowerCase(), [...draft.path, 'name'], draft);
    for (const { mac: hardware } of interfacesOf(draft)) {
      if (hardware) mac(hardware.value.toUpperCase(), hardware.path, draft);
    }
  }
}

import type { Call } from '../endpoint';
import { failure } from '../errors';
import { isRoot } from '../privileges';
import { isDrive } from './schema';

const ROOT_ONLY = /^(args|hookscript|hostpci\d+|parallel\d+|virtiofs\d+)$/;
const CLOUD_INIT = /^(ci.+|ipconfig\d+|nameserver|searchdomain|sshkeys)$/;

function privilegeFor(option: string): string {
  if (isDrive(option) || /^unused\d+$/.test(option)) return 'VM.Config.Disk';
  if (/^(cores|cpu|sockets|vcpus|cpulimit|cpuunits|numa\d*|affinity|smp)$/.test(option))
    return 'VM.Config.CPU';
  if (/^(memory|balloon|shares)$/.test(option)) return 'VM.Config.Memory';
  if (/^net\d+$/.test(option)) return 'VM.Config.Network';
  if (CLOUD_INIT.test(option)) return 'VM.Config.Cloudinit';
  if (
    /^(acpi|arch|hotplug|kvm|machine|rng0|scsihw|serial\d+|smbios1|tablet|usb\d+|vga|watchdog|audio0)$/.test(
      option,
    )
  ) {
    return 'VM.Config.HWType';
  }
  return option === 'cdrom' ? 'VM.Config.CDROM' : 'VM.Config.Options';
}

/**
 * Whether the caller may set these options of a machine.
 * @throws ApiError 500 for what only root may set, 403 for a missing privilege
 */
export function checkOptions(call: Call, vmid: number, options: Iterable<string>): void {
  if (isRoot(call.who)) return;
  for (const option of [...options].sort()) {
    if (ROOT_ONLY.test(option)) throw failure(`only root can set '${option}' config`);
    call.check(`/vms/${String(vmid)}`, privilegeFor(option));
    // It changes what the host does; of a container nobody asks for it (measured on PVE 9.2).
    if (option === 'startup') call.check('/', 'Sys.Modify');
  }
}

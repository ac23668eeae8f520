import type { Call } from '../endpoint';
import { forbidden } from '../errors';
import { bridgeOf } from '../guests/bridges';
import { isRoot } from '../privileges';
import { parseProps } from '../propstring';
import { FEATURES } from './schema';

const CPU = /^(cores|cpulimit|cpuunits)$/;
const MEMORY = /^(memory|swap)$/;
const NETWORK = /^(net\d+|nameserver|searchdomain|hostname)$/;
const DISK = /^(rootfs|mp\d+|unused\d+)$/;

function privilegeFor(option: string): string {
  if (CPU.test(option)) return 'VM.Config.CPU';
  if (MEMORY.test(option)) return 'VM.Config.Memory';
  if (NETWORK.test(option)) return 'VM.Config.Network';
  if (DISK.test(option)) return 'VM.Config.Disk';
  return option === 'features' ? 'VM.Allocate' : 'VM.Config.Options';
}

function checkFeatures(unprivileged: boolean, value: string | undefined): void {
  if (!unprivileged) {
    throw forbidden('changing feature flags for privileged container is only allowed for root@pam');
  }
  const parsed = parseProps(FEATURES, value ?? '', 'features');
  if ('error' in parsed || [...parsed.props.keys()].some((flag) => flag !== 'nesting')) {
    throw forbidden('changing feature flags (except nesting) is only allowed for root@pam');
  }
}

/**
 * Whether the caller may set these options of a container. Nobody but root@pam with a ticket may touch
 * other feature flags than `nesting`, not even to switch them off, nor hook scripts and devices.
 * @param changes the options with their new values; undefined for an option to be deleted.
 * @throws ApiError 403 naming the first thing that is not allowed
 */
export function checkOptions(
  call: Call,
  vmid: number,
  changes: ReadonlyMap<string, string | undefined>,
  unprivileged: boolean,
): void {
  if (isRoot(call.who)) return;
  for (const [option, value] of [...changes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (option === 'features') checkFeatures(unprivileged, value);
    if (option === 'hookscript') throw forbidden('changing the hookscript is only allowed for root@pam');
    if (/^dev\d+$/.test(option)) {
      throw forbidden('configuring device passthrough is only allowed for root@pam');
    }
    call.check(`/vms/${String(vmid)}`, privilegeFor(option));
    const bridge = /^net\d+$/.test(option) && value !== undefined ? bridgeOf(value) : undefined;
    if (bridge !== undefined) call.check(`/sdn/zones/localnetwork/${bridge}`, 'SDN.Use');
  }
}

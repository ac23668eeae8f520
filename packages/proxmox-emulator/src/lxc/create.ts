import type { Call, Endpoint, Json } from '../endpoint';
import { failure, forbidden, messageOf } from '../errors';
import { validSshKeys } from '../formats';
import { optionsOf } from '../guests/change';
import { LOCK_TIMEOUT } from '../guests/locks';
import type { Value } from '../params';
import { can, isRoot } from '../privileges';
import type { Guest } from '../model';
import type { TaskContext } from '../tasks';
import { checkVolumeName, free, splitVolid, volumePath } from '../volumes';
import { isDisk, makeDisk, planDisk, type DiskPlan } from './disks';
import { normaliseOption } from './normalise';
import { hostKeyLog, templateFacts } from './ostemplate';
import { checkOptions } from './permissions';
import { startContainer } from './power';
import { CREATE, OPTIONS } from './schema';

/** How long a reserved id is not yet seen as taken by a create that arrives at the same time. */
const RACE_MS = 250;
const reservedAt = new WeakMap<Guest, number>();

/** Options of the request that go into the configuration as they are. */
function requestedOptions(call: Call): Map<string, Value> {
  return new Map([...optionsOf(call, OPTIONS)].filter(([name]) => !isDisk(name) && name !== 'lock'));
}

function assertFree(call: Call): void {
  const { state } = call.services;
  const taken = state.guests.get(call.vmid);
  const since = taken ? reservedAt.get(taken) : undefined;
  const racing =
    taken?.config.get('lock') === 'create' && since !== undefined && Date.now() - since < RACE_MS;
  state.assertVmidUnused(call.vmid, racing ? `unable to create CT ${String(call.vmid)} - ` : '');
}

function checkTemplate(call: Call, ostemplate: string): { readonly archive: string } {
  const parts = splitVolid(ostemplate);
  if (!parts) {
    if (isRoot(call.who)) throw failure(`can't find file '${ostemplate}'`);
    throw failure(
      'Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.',
    );
  }
  const storage = call.services.state.storage(parts.storage, call.node);
  call.checkAny(`/storage/${storage.storage}`, ['Datastore.AllocateSpace', 'Datastore.Audit']);
  checkVolumeName(storage, parts.name);
  return { archive: volumePath(storage, parts.name) };
}

function planDisks(call: Call): DiskPlan[] {
  const plans = [...call.params]
    .filter(([name]) => isDisk(name))
    .sort(([a], [b]) => (a === 'rootfs' ? -1 : b === 'rootfs' ? 1 : a < b ? -1 : 1))
    .map(([name, value]) => planDisk(call, name, String(value)));
  if (!call.params.has('rootfs')) plans.unshift(planDisk(call, 'rootfs', `${call.need('storage')}:4`));
  return plans;
}

interface Plan {
  readonly guest: Guest;
  readonly options: Map<string, Value>;
  readonly disks: readonly DiskPlan[];
  readonly ostemplate: string;
  readonly archive: string;
  readonly password: string | undefined;
}

function unpack(task: TaskContext, plan: Plan): void {
  const facts = templateFacts(plan.ostemplate);
  const { options } = plan;
  task.log(`extracting archive '${plan.archive}'`);
  task.log('Total bytes read: 221358080 (212MiB, 243MiB/s)');
  if (!options.has('arch')) {
    task.log(`Detected container architecture: ${facts.arch}`);
    options.set('arch', facts.arch);
  }
  const wanted = options.get('ostype');
  if (wanted !== 'unmanaged') {
    if (wanted !== undefined && wanted !== facts.ostype) {
      task.log(`got unexpected ostype (${facts.ostype} != ${String(wanted)})`);
    }
    options.set('ostype', facts.ostype);
    hostKeyLog(String(options.get('hostname') ?? '')).forEach((line) => {
      task.log(line);
    });
  }
}

function warnAboutNesting(task: TaskContext, plan: Plan): void {
  const { systemd } = templateFacts(plan.ostemplate);
  const nesting = /(^|,)nesting=1(,|$)/.test(String(plan.options.get('features') ?? ''));
  if (nesting || systemd === undefined || plan.options.get('ostype') === 'unmanaged') return;
  task.warn(`Systemd ${String(systemd)} detected. You may need to enable nesting.`);
}

async function build(call: Call, plan: Plan, task: TaskContext): Promise<void> {
  const { state, driver } = call.services;
  const { guest, options } = plan;
  const made: string[] = [];
  try {
    for (const disk of plan.disks) {
      const value = makeDisk(call, guest.vmid, disk, task);
      if (disk.create) made.push(value.slice(0, value.indexOf(',')));
      options.set(disk.option, value);
    }
    await task.takeTime();
    if (!state.volume(plan.ostemplate)) {
      const missing = `volume '${plan.ostemplate}' does not exist`;
      task.log(missing);
      throw failure(missing);
    }
    unpack(task, plan);
    warnAboutNesting(task, plan);
    guest.config = new Map(options);
    await driver.create(guest, plan.password === undefined ? {} : { password: plan.password });
    state.changed();
  } catch (error) {
    made.forEach((volid) => {
      free(state, volid);
    });
    state.removeGuest(guest.vmid);
    throw failure(`unable to create CT ${String(guest.vmid)} - ${messageOf(error)}`);
  }
}

function storedOptions(call: Call, unprivileged: boolean): Map<string, Value> {
  const options = new Map<string, Value>([
    ['hostname', `CT${String(call.vmid)}`],
    ['memory', 512],
    ['swap', 512],
  ]);
  for (const [name, value] of requestedOptions(call)) {
    const stored = normaliseOption(name, value);
    if (stored !== undefined) options.set(name, stored);
  }
  options.delete('unprivileged');
  if (unprivileged) options.set('unprivileged', 1);
  return options;
}

function create(call: Call): Json {
  const { state } = call.services;
  const id = String(call.vmid);
  if (call.on('restore')) throw failure('restoring backups is not part of this emulator');
  const unprivileged = (call.num('unprivileged') ?? 1) === 1;
  if (!unprivileged) call.check('/', 'Sys.Modify');
  assertFree(call);
  const sshKeys = call.str('ssh-public-keys');
  if (sshKeys !== undefined && !validSshKeys(sshKeys)) throw failure('SSH public key validation error');
  if (!can(call.who, `/vms/${id}`, 'VM.Allocate')) throw forbidden();
  const asked = new Map(
    [...optionsOf(call, OPTIONS)]
      .filter(([name]) => name !== 'unprivileged')
      .map(([name, value]) => [name, String(value)]),
  );
  checkOptions(call, call.vmid, asked, unprivileged);
  const ostemplate = call.need('ostemplate');
  const { archive } = checkTemplate(call, ostemplate);
  const disks = planDisks(call);
  if (call.lockFault !== undefined) {
    throw failure(`can't lock file '/run/lock/lxc/pve-config-${id}.lock' - got timeout`);
  }
  const guest = state.addGuest({
    vmid: call.vmid,
    type: 'lxc',
    node: call.node,
    config: new Map([['lock', 'create']]),
    origin: { ostemplate, ...(sshKeys === undefined ? {} : { sshKeys }) },
  });
  reservedAt.set(guest, Date.now());
  // The lock is the worker's before the answer is sent: who asks in between waits.
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  void call.services.locks.with(call.vmid, LOCK_TIMEOUT, () => held).catch(() => undefined);
  const plan: Plan = {
    guest,
    options: storedOptions(call, unprivileged),
    disks,
    ostemplate,
    archive,
    password: call.str('password'),
  };
  return call.task(
    'vzcreate',
    id,
    async (task) => {
      try {
        await build(call, plan, task);
      } finally {
        release();
      }
      // The start is a task of its own; its failure does not make the create fail.
      if (call.on('start')) startContainer(call);
    },
    {
      onAbort: () => {
        release();
        state.removeGuest(guest.vmid);
      },
    },
  );
}

/** Creating a container. */
export const createEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/nodes/{node}/lxc',
    params: CREATE,
    handler: create,
  },
];

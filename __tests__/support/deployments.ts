import { rmSync } from 'node:fs';
import { bystanders, clusterView, type GuestView } from './cluster-view';
import { openLab, type OpenLab, type Scene } from './lab';
import { type Outcome, unwrapped, type Watch } from './workspace';

/** The stack of these deployments, and its guest's VMID. */
export const STACK = 'app-shop-dev';
export const VMID = 301;

/** Guest types, in the words of the documentation. */
export const TYPES = { lxc: 'container', kvm: 'VM' } as const;
export type Type = keyof typeof TYPES;

/** What a deploy does to the guest, in the words of the documentation. */
export const OPERATIONS = { create: 'Creating', update: 'Changing', delete: 'Destroying' } as const;
export type Operation = keyof typeof OPERATIONS;

/** All of these, with a title for each. */
export const DEPLOYMENTS = (Object.keys(TYPES) as Type[]).flatMap((type) =>
  (Object.keys(OPERATIONS) as Operation[]).map((operation) => ({
    type,
    operation,
    title: `${OPERATIONS[operation]} a ${TYPES[type]}`,
  })),
);

/**
 * What the stack is to become.
 * @param type the guest's type
 * @param operation what the deploy has to do to the guest that the operation before it left
 * @param guest further guest keys, e.g. `, protection: true`
 * @returns YAML; the API's address comes from the environment, for each copy has an emulator of its own
 */
export function inventory(type: Type, operation: Operation, guest = ''): string {
  const changed = operation === 'update' ? ', memory: 3072, cores: 3, disk_size: 12, tags: [blue]' : '';
  const kind = type === 'kvm' ? 'proxmox_guest_type: kvm, kvm_clone_vmid: 900' : 'proxmox_guest_type: lxc';
  return `configure: false
guest: {${kind}${changed}${guest}}
app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        vmid: ${VMID}
        ip: 10.0.10.3${operation === 'update' ? 2 : 1}/24
        gateway: 10.0.10.1
        state: ${operation === 'delete' ? 'absent' : 'present'}
`;
}

/** One step of a deploy: a request of the provider or of the guards' script. */
export interface Step {
  name: string;
  method: string;
  path: string;
  /** Which of the requests of this form, from 1. */
  nth: number;
}

/**
 * Reads a step from a table.
 * @param cells its name and its request: `METHOD /path` in backticks, and `, 2.` if it is not the first of its form
 * @returns the step
 */
export function stepOf([name = '', request = '']: readonly string[]): Step {
  const [, method = '', where = '', nth = '1'] = /^`(\w+) (.+)`(?:, (\d)\.)?$/.exec(request) ?? [];
  return { name, method, path: where, nth: Number(nth) };
}

/** What the deployments of one guest type start from and come to when nothing goes wrong. */
export interface Course {
  before: Record<Operation, Scene>;
  start: Record<Operation, GuestView[]>;
  after: Record<Operation, GuestView[]>;
  /** The requests, as `METHOD /path`, in order. */
  log: Record<Operation, string[]>;
  /** Everybody else's guests and volumes. */
  others: string;
}

/** Short, so that nobody waits for them. */
export const QUICK = { taskMs: 5, bootMs: 0 };
/** Longer than anything takes, in milliseconds. */
const FOREVER = 120_000;

const courses = new Map<Type, Promise<Course>>();
const roots: string[] = [];

/** Removes what the courses keep. */
export function forgetCourses(): void {
  roots.forEach((root) => {
    rmSync(root, { recursive: true, force: true });
  });
}

/**
 * Deploys, changes and destroys a guest, once for each type, beside guests of other people.
 * @param type the guest's type
 * @returns what to start the cases from, and what they must come to
 */
export function courseOf(type: Type): Promise<Course> {
  const course = courses.get(type) ?? runCourse(type);
  courses.set(type, course);
  return course;
}

async function runCourse(type: Type): Promise<Course> {
  const lab = await openLab(QUICK);
  const { emulator, workspace } = lab;
  emulator.addGuest({
    vmid: 500,
    type: 'lxc',
    node: 'pve2',
    running: true,
    config: { hostname: 'bystander', net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.50/24', tags: 'app-other-dev' },
  });
  emulator.addGuest({
    vmid: 600,
    type: 'qemu',
    node: 'pve',
    running: false,
    config: { name: 'bystander', ipconfig0: 'ip=10.0.10.60/24', scsi0: 'local-lvm:vm-600-disk-0,size=4G' },
  });
  if (type === 'kvm') {
    const scsi0 = 'local-lvm:base-900-disk-0,size=4G';
    const config = { name: 'template', template: 1, scsi0, ostype: 'l26', scsihw: 'virtio-scsi-single' };
    emulator.addGuest({ vmid: 900, type: 'qemu', node: 'pve', running: false, config });
  }
  const course = { before: {}, start: {}, after: {}, log: {} } as Course;
  course.others = bystanders(emulator.state, VMID);
  for (const operation of Object.keys(OPERATIONS) as Operation[]) {
    workspace.synth(inventory(type, operation));
    await workspace.terraform(STACK, ['version']);
    const scene = lab.capture();
    roots.push(scene.root);
    course.before[operation] = scene;
    course.start[operation] = clusterView(emulator.state);
    emulator.log.clear();
    const run = await deploy(lab);
    course.log[operation] = emulator.log.list().map(({ method, path }) => `${method} ${path}`);
    course.after[operation] = clusterView(emulator.state);
    await expectEmptyPlanAfter(lab, run);
  }
  expect(bystanders(emulator.state, VMID)).toBe(course.others);
  expect(JSON.stringify(course.after.create).split('ip=10.0.10.31/24')).toHaveLength(2);
  await lab.close();
  return course;
}

/**
 * Deploys, and never for longer than a while.
 * @param lab where
 * @param watch as for runCommand
 * @returns how it ended
 */
export async function deploy(
  lab: Pick<OpenLab, 'workspace'>,
  watch: Watch & { env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const run = await lab.workspace.terraform(STACK, ['apply', '-auto-approve'], {
    group: true,
    ...watch,
    onStart: (kill) => {
      timer = setTimeout(() => {
        kill('SIGKILL');
      }, FOREVER);
      watch.onStart?.(kill);
    },
  });
  clearTimeout(timer);
  return run;
}

/** The deploy went well, and there is nothing more to do. */
async function expectEmptyPlanAfter(lab: OpenLab, run: Outcome): Promise<void> {
  expect([run.code, run.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
  const plan = await lab.workspace.plan(STACK);
  expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
}

/** How the second deploy went. */
interface Second {
  writes: string[];
  /** Options that still wait for a restart. */
  waiting: string[];
  /** Whether the guards refused it, until a person had removed what was left half-made. */
  refused: boolean;
}

const seen = new Map<string, Promise<Second>>();

/**
 * The second deploy, without the fault. It depends on nothing but the cluster and the state: where another case
 * left both alike, it was seen already.
 */
function deployAgain(lab: OpenLab, type: Type, operation: Operation): Promise<Second> {
  const from = JSON.stringify([type, operation, clusterView(lab.emulator.state), stateView(lab)]);
  const second = seen.get(from) ?? runAgain(lab, type, operation);
  seen.set(from, second);
  return second;
}

async function runAgain(lab: OpenLab, type: Type, operation: Operation): Promise<Second> {
  const { after } = await courseOf(type);
  lab.emulator.log.clear();
  let run = await deploy(lab);
  const refused = unwrapped(run.output).includes('made the guest: remove it in Proxmox, then deploy again.');
  if (refused) {
    expect([run.code, lab.writes()]).toEqual([1, []]);
    lab.emulator.removeGuest(VMID);
    run = await deploy(lab);
  }
  // Of a state that was lost: by the id that the plan names.
  const [, owner] = /TF_VAR_owner=(owner-\w+)/.exec(unwrapped(run.output)) ?? [];
  if (owner !== undefined) {
    expect([run.code, lab.writes()]).toEqual([1, []]);
    run = await deploy(lab, { env: { TF_VAR_owner: owner } });
  }
  const writes = lab.writes();
  await expectEmptyPlanAfter(lab, run);
  const view = clusterView(lab.emulator.state);
  expect(view.map((guest) => ({ ...guest, waiting: [] }))).toEqual(after[operation]);
  return { writes, waiting: view.flatMap(({ waiting }) => waiting), refused };
}

/** The resources in the state without what differs from run to run. */
function stateView(lab: OpenLab): string {
  const { resources } = JSON.parse(lab.workspace.state(STACK) || '{"resources":[]}') as {
    resources: { mode: string }[];
  };
  return JSON.stringify(resources.filter(({ mode }) => mode === 'managed'))
    .replace(/(created|owner)-\w+/g, '$1-…')
    .replace(/BC:24:11(:[0-9A-F]{2}){3}/g, 'MAC')
    .replace(/"id":"[0-9a-f-]{15,}"/g, '"id":"…"');
}

/**
 * Deploys again after a run that a fault may have spoilt, and looks at everything: the second deploy comes to
 * what it would have come to without the fault, its plan is empty, nothing is doubled or left over, no other
 * guest was touched.
 * @param lab where; its faults are switched off
 * @param type the guest's type
 * @param operation what the run had to do
 * @param run how it ended
 * @returns what it came to, in the words of docs/faults.md
 */
export async function settle(lab: OpenLab, type: Type, operation: Operation, run: Outcome): Promise<string> {
  const course = await courseOf(type);
  const { state, faults, tasks } = lab.emulator;
  faults.remove();
  await tasks.idle();
  lab.workspace.mendState(STACK);
  const left = clusterView(state);
  if (run.code === 0) expect(left).toEqual(course.after[operation]);
  const { writes, waiting, refused } = await deployAgain(lab, type, operation);
  expect(bystanders(state, VMID)).toBe(course.others);
  if (run.code === 0) return 'goes on';
  if (refused) return 'by hand';
  if (waiting.length > 0) return 'restart';
  if (JSON.stringify(left) === JSON.stringify(course.start[operation])) return 'nothing done';
  if (operation !== 'create') return 'finished';
  return writes.some((line) => line.startsWith('DELETE')) ? 'made anew' : 'taken up';
}

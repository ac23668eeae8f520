import { openLab, type OpenLab, type Scene } from '../support/lab';
import { BINARY, command, describeWith, providers } from '../support/requirements';
import { runCommand, unwrapped } from '../support/workspace';

jest.setTimeout(300_000);

const STACK = 'app-shop-dev';
const TYPES = { lxc: 'proxmox_guest_type: lxc', kvm: 'proxmox_guest_type: kvm, kvm_clone_vmid: 900' };
type Type = keyof typeof TYPES;
const RESOURCES: Record<Type, string> = {
  lxc: 'proxmox_virtual_environment_container.guest',
  kvm: 'proxmox_virtual_environment_vm.guest',
};

/** One env; `keys` are guest keys, `env` are further lines of it. */
const inventory = (type: Type, keys = '', env: readonly string[] = []): string => `configure: false
guest: {${TYPES[type]}${keys}}
app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        vmid: 301
        ip: 10.0.10.31/24
        gateway: 10.0.10.1
${env.map((line) => `        ${line}\n`).join('')}`;

/** What holds a guest, and how the inventory lifts it. */
const HELD: Record<string, { keys?: string; env?: string[]; lifted: string; said: string }> = {
  protection: { keys: ', protection: true', lifted: ', protection: false', said: 'protected' },
  'data: keep': { env: ['data: keep'], lifted: '', said: 'holding data (data: keep)' },
  'both of them': {
    keys: ', protection: true',
    env: ['data: keep'],
    lifted: '',
    said: 'protected and holding data (data: keep)',
  },
};

/** What would take the guest: an inventory beside which the protection is lifted, and the command. */
interface Taken {
  type: Type;
  what: string;
  keys?: string;
  env?: string[];
  args: string[];
}
const APPLY = ['apply', '-auto-approve'];
const TAKEN: Taken[] = [
  { type: 'lxc', what: 'another disk_storage', keys: ', disk_storage: local', args: APPLY },
  {
    type: 'lxc',
    what: 'a mount point',
    keys: ', mount_points: [{path: /srv, volume: local-lvm, size: 4}]',
    args: APPLY,
  },
  { type: 'lxc', what: 'state: absent', env: ['state: absent'], args: APPLY },
  { type: 'lxc', what: 'terraform destroy', args: ['destroy', '-auto-approve'] },
  { type: 'lxc', what: 'a replacement on the command line', args: [...APPLY, `-replace=${RESOURCES.lxc}`] },
  { type: 'kvm', what: 'state: absent', env: ['state: absent'], args: APPLY },
  { type: 'kvm', what: 'terraform destroy', args: ['destroy', '-auto-approve'] },
  { type: 'kvm', what: 'a replacement on the command line', args: [...APPLY, `-replace=${RESOURCES.kvm}`] },
];
const CASES = TAKEN.flatMap((taken, position) =>
  Object.keys(HELD)
    // Both at once, where it can go wrong in one way more.
    .filter((held) => position === 0 || held !== 'both of them')
    .map((held) => ({ ...taken, held })),
);
/** What the inventory may still say of a guest that is held: its check refuses `state: absent`. */
const PLANNED = TAKEN.filter(({ env }) => !env).map((taken, position) => ({
  ...taken,
  held: position % 2 ? 'protection' : 'data: keep',
}));

const scenes = new Map<string, Promise<Scene>>();
/** A guest that was deployed so, once for all who start from it. */
function standing(type: Type, held: string): Promise<Scene> {
  const key = `${type} ${held}`;
  const scene = scenes.get(key) ?? deployed(type, held);
  scenes.set(key, scene);
  return scene;
}
async function deployed(type: Type, held: string): Promise<Scene> {
  const lab = await openLab();
  try {
    const config = { name: 'template', template: 1, scsi0: 'local-lvm:base-900-disk-0,size=4G' };
    lab.emulator.addGuest({ vmid: 900, type: 'qemu', node: 'pve', running: false, config });
    lab.workspace.synth(inventory(type, HELD[held]?.keys, HELD[held]?.env));
    await expectDone(lab);
    return lab.capture();
  } finally {
    await lab.close();
  }
}

async function expectDone(lab: OpenLab, args = APPLY): Promise<void> {
  const run = await lab.workspace.terraform(STACK, args);
  expect([run.code, run.output]).toEqual([0, expect.stringMatching(/Apply complete!|Destroy complete!/)]);
}

/**
 * Expects that a deploy makes a protected container that is gone, or takes up one that moved. To OpenTofu that is a
 * replacement of what protects it (measured with 1.12.6), which docs/operations.md ("Versions") has the way on for.
 */
async function expectTakenUp(lab: OpenLab, type: string): Promise<void> {
  if (BINARY === 'tofu' && type === 'lxc') {
    const { code, output } = await lab.workspace.terraform(STACK, APPLY);
    expect([code, unwrapped(output)]).toEqual([1, expect.stringMatching(PREVENTED)]);
    const folder = { cwd: lab.workspace.folder(STACK), env: process.env };
    expect((await runCommand(BINARY, ['state', 'rm', 'terraform_data.owned'], folder)).code).toBe(0);
  }
  await expectDone(lab);
}

// OpenTofu has other words for the same.
const PREVENTED = /Resource (?:instance )?\S+\.(guest|owned) has (?:lifecycle\.)?prevent_destroy set/;

const guestNow = (lab: OpenLab): unknown =>
  lab.emulator.state.export().guests.find(({ vmid }) => vmid === 301);

describeWith(
  [providers, command('curl')],
  'what was deployed protects a guest, not what the inventory says now',
  () => {
    test.concurrent.each(CASES)(
      '$type, $held: not in one deploy with $what',
      async ({ type, held, keys = '', env, args }) => {
        const { lifted = '', said = '' } = HELD[held] ?? {};
        const lab = await openLab({}, await standing(type, held));
        try {
          const before = guestNow(lab);
          lab.workspace.synth(inventory(type, lifted + keys, env));
          const run = await lab.workspace.terraform(STACK, args);
          expect(run.code).toBe(1);
          expect(unwrapped(run.output)).toContain(`${STACK} is ${said}. Nothing was touched.`);
          expect([lab.writes(), guestNow(lab)]).toEqual([[], before]);

          // Two changes, each of them reviewed.
          lab.workspace.synth(inventory(type, lifted));
          await expectDone(lab);
          lab.workspace.synth(inventory(type, lifted + keys, env));
          await expectDone(lab, args);
          expect(lab.writes().filter((line) => line.startsWith('DELETE'))).toHaveLength(1);
        } finally {
          await lab.close();
        }
      },
    );

    test.concurrent.each(PLANNED)(
      '$type, $held: while it stands, the plan refuses $what',
      async ({ type, held, keys = '', args }) => {
        const how = HELD[held];
        const lab = await openLab({}, await standing(type, held));
        try {
          lab.workspace.synth(inventory(type, (how?.keys ?? '') + keys, how?.env));
          const run = await lab.workspace.terraform(STACK, args);
          expect(run.code).toBe(1);
          expect(unwrapped(run.output)).toMatch(PREVENTED);
          expect(lab.writes()).toEqual([]);
        } finally {
          await lab.close();
        }
      },
    );

    // -target leaves out what asks otherwise.
    test.concurrent.each(['protection', 'data: keep'])(
      'lxc, %s: nor one that -target replaces',
      async (held) => {
        const lab = await openLab({}, await standing('lxc', held));
        try {
          const before = guestNow(lab);
          const args = [...APPLY, `-replace=${RESOURCES.lxc}`, `-target=${RESOURCES.lxc}`];
          const run = await lab.workspace.terraform(STACK, args);
          expect(run.code).toBe(1);
          // Terraform itself knows of the flag that Proxmox has.
          if (held === 'protection') expect(unwrapped(run.output)).toMatch(PREVENTED);
          else
            expect(unwrapped(run.output)).toContain(`${STACK} is ${HELD[held]?.said}. Nothing was touched.`);
          expect([lab.writes(), guestNow(lab)]).toEqual([[], before]);
        } finally {
          await lab.close();
        }
      },
    );

    test.concurrent.each(['lxc', 'kvm'] as const)(
      '%s: a protected guest that is gone is made again, one that moved is taken up',
      async (type) => {
        const lab = await openLab({}, await standing(type, 'both of them'));
        try {
          const { keys, env } = HELD['both of them'] ?? {};
          lab.emulator.changeGuest(301, { node: 'pve2' });
          lab.workspace.synth(`proxmox_node: pve2\n${inventory(type, keys, env)}`);
          await expectTakenUp(lab, type);
          expect(lab.writes().filter((line) => line.startsWith('DELETE'))).toEqual([]);
          expect((await lab.workspace.plan(STACK)).code).toBe(0);
          if (type === 'kvm') return;
          lab.emulator.removeGuest(301);
          await expectTakenUp(lab, type);
          expect((await lab.workspace.plan(STACK)).code).toBe(0);
        } finally {
          await lab.close();
        }
      },
    );

    // What fails after the guest was made, so that Terraform calls it tainted.
    describe.each([
      ['lxc', 'GET', '/nodes/*/lxc/301/config'],
      ['kvm', 'POST', '/nodes/*/qemu/301/status/start'],
    ] as const)('a create that fails half-way: %s', (type, method, path) => {
      const failed = async (held: string): Promise<OpenLab> => {
        const lab = await openLab();
        const config = { name: 'template', template: 1, scsi0: 'local-lvm:base-900-disk-0,size=4G' };
        lab.emulator.addGuest({ vmid: 900, type: 'qemu', node: 'pve', running: false, config });
        lab.emulator.faults.add({ kind: 'error', method, path });
        lab.workspace.synth(inventory(type, HELD[held]?.keys, HELD[held]?.env));
        expect((await lab.workspace.apply(STACK)).code).toBe(1);
        lab.emulator.faults.remove();
        lab.emulator.log.clear();
        expect(guestNow(lab)).toBeDefined();
        return lab;
      };

      test('with data to keep it is made anew: it has none yet', async () => {
        const lab = await failed('data: keep');
        try {
          const plan = await lab.workspace.plan(STACK);
          expect(plan.output).toMatch(/guest is tainted, so (it )?must be replaced/);
          await expectDone(lab);
          expect((await lab.workspace.plan(STACK)).code).toBe(0);
        } finally {
          await lab.close();
        }
      });

      test('protected, it is refused and untouched, until it is untainted', async () => {
        const lab = await failed('protection');
        try {
          const run = await lab.workspace.apply(STACK);
          expect(run.code).toBe(1);
          expect(PREVENTED.exec(unwrapped(run.output))?.[0]).toContain(` ${RESOURCES[type]} has `);
          expect(lab.writes()).toEqual([]);
          expect((await lab.workspace.terraform(STACK, ['untaint', RESOURCES[type]])).code).toBe(0);
          await expectDone(lab);
          expect((await lab.workspace.plan(STACK)).code).toBe(0);
          expect(guestNow(lab)).toMatchObject({ running: true, config: { protection: 1 } });
          expect(lab.writes().filter((line) => line.startsWith('DELETE'))).toEqual([]);
        } finally {
          await lab.close();
        }
      });

      test('whose VMID a stranger has by now: a deploy does not touch it', async () => {
        const lab = await failed('data: keep');
        try {
          lab.emulator.removeGuest(301);
          lab.emulator.addGuest({
            vmid: 301,
            type: 'lxc',
            node: 'pve',
            running: true,
            config: { hostname: 'mail' },
          });
          const run = await lab.workspace.apply(STACK);
          expect(run.code).toBe(1);
          expect(unwrapped(run.output)).toContain('VMID 301 belongs to container 301 (mail) on node pve');
          expect(lab.writes()).toEqual([]);
        } finally {
          await lab.close();
        }
      });
    });
  },
);

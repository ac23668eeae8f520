import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_TOKEN } from 'proxmox-emulator';
import { inventory, STACK, type Type, VMID } from '../support/deployments';
import { useLab } from '../support/lab';
import { BINARY, command, describeWith, providers } from '../support/requirements';
import { type Outcome, runCommand, unwrapped, Workspace } from '../support/workspace';

jest.setTimeout(300_000);

const GUEST = {
  lxc: 'proxmox_virtual_environment_container.guest',
  kvm: 'proxmox_virtual_environment_vm.guest',
};

/** As a message says it. */
const FORGET = /terraform (state rm [\w. ]+\w)\./;

describeWith([providers, command('curl')], 'whose guest it is, with the real provider', () => {
  const lab = useLab();
  const workspaces: Workspace[] = [];

  afterEach(() => {
    for (const workspace of workspaces.splice(0)) workspace.remove();
  });

  const addTemplate = (type: Type): void => {
    if (type !== 'kvm') return;
    const config = { name: 'template', template: 1, scsi0: 'local-lvm:base-900-disk-0,size=4G' };
    lab.emulator.addGuest({
      vmid: 900,
      type: 'qemu',
      node: 'pve',
      running: false,
      config: { ...config, ostype: 'l26', scsihw: 'virtio-scsi-single' },
    });
  };

  /** Another person's folder, with the same API. */
  const anotherFolder = (): Workspace => {
    const workspace = new Workspace(lab.workspace.env);
    workspaces.push(workspace);
    return workspace;
  };

  const guestNow = (vmid = VMID): { running: boolean; config: Record<string, unknown> } | undefined =>
    lab.emulator.state.export().guests.find((guest) => guest.vmid === vmid);

  const ownerOf = (vmid = VMID): string =>
    /owner-[0-9a-f]{12}/.exec(String(guestNow(vmid)?.config['tags']))?.[0] ?? 'nobody';

  const expectRefused = ({ code, output }: Outcome, said: string): void => {
    expect(unwrapped(output)).toContain(said);
    expect([code, lab.writes()]).toEqual([1, []]);
  };

  const forget = async (workspace: Workspace, said: string): Promise<void> => {
    const [, words = ''] = FORGET.exec(unwrapped(said)) ?? [];
    const cwd = workspace.folder(STACK);
    const { code } = await runCommand(BINARY, words.split(' '), { cwd, env: process.env });
    expect([words, code]).toEqual([expect.stringContaining('.guest'), 0]);
  };

  /** A stranger in the place of this stack's guest. */
  const strangers = {
    'a container': { type: 'lxc', config: { hostname: 'mail', tags: 'othersteam' } },
    'a VM': { type: 'qemu', config: { name: 'mail', tags: 'othersteam' } },
    'a guest of the same names': {
      type: 'lxc',
      config: { hostname: 'shop-dev', tags: `${STACK};owner-0123456789ab` },
    },
  } as const;

  const replace = (by: keyof typeof strangers): unknown => {
    lab.emulator.removeGuest(VMID);
    lab.emulator.addGuest({ vmid: VMID, node: 'pve', running: true, ...strangers[by] });
    lab.emulator.log.clear();
    return guestNow();
  };

  const deployed = async (type: Type = 'lxc'): Promise<void> => {
    addTemplate(type);
    lab.workspace.synth(inventory(type, 'create'));
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([0, expect.stringContaining('Apply complete!')]);
  };

  test.each(['lxc', 'kvm'] as const)(
    'a second inventory of the same names does not get the guest of the first, unless on purpose: %s',
    async (type) => {
      await deployed(type);
      const first = ownerOf();
      const before = guestNow();
      const second = anotherFolder();
      second.synth(inventory(type, 'create'));
      lab.emulator.log.clear();
      const plan = await second.plan(STACK);
      expectRefused(
        plan,
        `VMID ${VMID} belongs to ${type === 'lxc' ? 'container' : 'VM'} ${VMID} (shop-dev) on node pve: a stack that is called ${STACK}, too, made it.`,
      );
      expect(unwrapped(plan.output)).toMatch(
        new RegExp(`Its owner is ${first}, this stack's is owner-[0-9a-f]{12}\\. Nothing was touched\\.`),
      );
      expect((await second.apply(STACK)).code).toBe(1);
      // There is nothing of it in this state.
      expect((await second.terraform(STACK, ['destroy', '-auto-approve'])).code).toBe(0);
      expect([lab.writes(), guestNow()]).toEqual([[], before]);

      // Another vmid and another address: both stand.
      const third = anotherFolder();
      third.synth(
        inventory(type, 'create').replace(`vmid: ${VMID}`, 'vmid: 302').replace('10.0.10.31', '10.0.10.34'),
      );
      expect((await third.apply(STACK)).code).toBe(0);
      expect((await lab.workspace.plan(STACK)).code).toBe(0);
      expect(ownerOf(302)).not.toBe(first);
    },
  );

  test.each(['lxc', 'kvm'] as const)(
    'a state that was lost: the guest is taken up by the id that the plan names, once: %s',
    async (type) => {
      await deployed(type);
      const { config } = guestNow() ?? {};
      rmSync(path.join(lab.workspace.root, 'state'), { recursive: true });
      lab.emulator.log.clear();
      const refused = await lab.workspace.plan(STACK);
      expectRefused(refused, `take it up again by one deploy with TF_VAR_owner=${ownerOf()}`);
      const [, owner = ''] = /TF_VAR_owner=(owner-\w+)/.exec(unwrapped(refused.output)) ?? [];
      const taken = await lab.workspace.apply(STACK, `-var=owner=${owner}`);
      expect([taken.code, taken.output]).toEqual([0, expect.stringContaining(`input  = "${owner}"`)]);
      expect(lab.writes().filter((line) => /^DELETE|\/clone$/.test(line))).toEqual([]);
      expect(guestNow()?.config).toEqual(config);
      // From then on without it; with another one it is refused.
      expect((await lab.workspace.plan(STACK)).code).toBe(0);
      expect((await lab.workspace.plan(STACK, `-var=owner=${owner}`)).code).toBe(0);
      lab.emulator.log.clear();
      expectRefused(
        await lab.workspace.plan(STACK, '-var=owner=owner-ffffffffffff'),
        `The state of ${STACK} has the owner ${owner} already`,
      );
      expect((await lab.workspace.terraform(STACK, ['destroy', '-auto-approve'])).code).toBe(0);
      expect(guestNow()).toBeUndefined();
    },
  );

  test('a name that is no owner is refused', async () => {
    lab.workspace.synth(inventory('lxc', 'create'));
    expectRefused(await lab.workspace.plan(STACK, '-var=owner=me'), "owner is no owner's tag");
  });

  test('an adopted guest gets the tag, and its former stack is refused', async () => {
    await deployed();
    const first = ownerOf();
    const second = anotherFolder();
    second.synth(`${inventory('lxc', 'create')}        adopt: true\n`);
    const adopted = await second.apply(STACK);
    expect([adopted.code, adopted.output]).toEqual([0, expect.stringContaining('1 imported')]);
    expect([ownerOf(), (await second.plan(STACK)).code]).toEqual([expect.not.stringContaining(first), 0]);
    lab.emulator.log.clear();
    expectRefused(await lab.workspace.plan(STACK), `Its owner is ${ownerOf()}, this stack's is ${first}`);
    expectRefused(await lab.workspace.terraform(STACK, ['destroy', '-auto-approve']), 'Nothing was touched');
  });

  // How a destroy comes, and what comes between.
  const ways: [string, string | undefined, string[], string[]][] = [
    ['terraform destroy', undefined, [], ['destroy', '-auto-approve']],
    ['terraform destroy -refresh=false', undefined, [], ['destroy', '-auto-approve', '-refresh=false']],
    ['a saved plan', undefined, ['plan', '-destroy', '-out=saved.tfplan'], ['apply', 'saved.tfplan']],
    ['a tainted guest', undefined, ['taint', GUEST.lxc], ['destroy', '-auto-approve', '-refresh=false']],
    ['state: absent', 'delete', [], ['apply', '-auto-approve']],
    ['a saved replacement', 'replace', ['plan', '-out=saved.tfplan'], ['apply', 'saved.tfplan']],
  ];
  test.each(
    ways.flatMap(([way, ...rest]) =>
      (Object.keys(strangers) as (keyof typeof strangers)[]).map((who) => [way, who, ...rest] as const),
    ),
  )('%s does not touch %s who has the VMID now', async (_way, who, change, first, then) => {
    await deployed();
    if (change === 'delete') lab.workspace.synth(inventory('lxc', 'delete'));
    if (change === 'replace') lab.workspace.synth(inventory('lxc', 'create', ', disk_storage: local'));
    if (first.length > 0) expect((await lab.workspace.terraform(STACK, first)).code).toBe(0);
    const stranger = replace(who);
    const refused = await lab.workspace.terraform(STACK, then);
    expectRefused(refused, `VMID ${VMID} is not a guest of ${STACK} any more`);
    expect(guestNow()).toEqual(stranger);
    await forget(lab.workspace, refused.output);
    const again = await lab.workspace.terraform(
      STACK,
      change === 'delete' ? ['apply', '-auto-approve'] : ['destroy', '-auto-approve'],
    );
    expect([again.code, guestNow()]).toEqual([0, stranger]);
  });

  test('a VM of this stack: a stranger in its place is not destroyed', async () => {
    await deployed('kvm');
    const stranger = replace('a VM');
    for (const way of [
      ['destroy', '-auto-approve'],
      ['destroy', '-auto-approve', '-refresh=false'],
    ]) {
      expectRefused(
        await lab.workspace.terraform(STACK, way),
        `VMID ${VMID} is not a guest of ${STACK} any more`,
      );
    }
    expect(guestNow()).toEqual(stranger);
  });

  test('a destroy that cannot ask is refused, and says how it can; unseen only by its number', async () => {
    const [id = '', secret = ''] = DEFAULT_TOKEN.split('=');
    await deployed();
    const before = guestNow();
    delete lab.workspace.env['PROXMOX_VE_API_TOKEN'];
    const keys = `proxmox_token_id: ${id}\nproxmox_token_secret: "{{ vault_secret }}"\n`;
    lab.workspace.synth(keys + inventory('lxc', 'create'));
    const variable = `-var=vault_secret=${secret}`;
    lab.emulator.log.clear();
    const destroy = ['destroy', '-auto-approve', variable];
    expectRefused(
      await lab.workspace.terraform(STACK, destroy),
      'the credentials of the Proxmox API are missing',
    );

    lab.workspace.env['TF_VAR_vault_secret'] = secret;
    lab.emulator.faults.add({ kind: 'error', method: 'GET', path: '/cluster/resources', status: 596 });
    const blind = await lab.workspace.terraform(STACK, destroy);
    expectRefused(blind, 'does not list the guests (HTTP 596)');
    expect(unwrapped(blind.output)).toContain(`To destroy it unseen: PVESTACK_DESTROY_UNSEEN=${VMID}.`);
    expect(guestNow()).toEqual(before);

    const other = await lab.workspace.terraform(STACK, destroy, { env: { PVESTACK_DESTROY_UNSEEN: '999' } });
    expectRefused(other, 'nothing was destroyed');
    const unseen = { PVESTACK_DESTROY_UNSEEN: String(VMID) };
    expect((await lab.workspace.terraform(STACK, destroy, { env: unseen })).code).toBe(0);
    expect(guestNow()).toBeUndefined();
  });

  test('two inventories that make the same VMID in the same moment: one has the guest, the other one says so', async () => {
    const other = anotherFolder();
    const otherStack = 'app-mail-dev';
    lab.workspace.synth(inventory('lxc', 'create'));
    other.synth(
      inventory('lxc', 'create')
        .replace('shop:', 'mail:')
        .replace('shop-dev', 'mail-dev')
        .replace('10.0.10.31', '10.0.10.35'),
    );
    // Both have asked whether it is free before either of them makes it.
    lab.emulator.faults.add({ kind: 'slow', delayMs: 1500, method: 'GET', path: '/version' });
    const runs = await Promise.all([lab.workspace.apply(STACK), other.apply(otherStack)]);
    lab.emulator.faults.remove();
    expect(runs.map(({ code }) => code).sort()).toEqual([0, 1]);
    const loser = runs.findIndex(({ code }) => code === 1);
    const [workspace, stack] = loser === 0 ? [lab.workspace, STACK] : [other, otherStack];
    const winner = guestNow();
    expect(String(winner?.config['tags'])).toContain(loser === 0 ? otherStack : STACK);
    const said = runs[loser]?.output ?? '';
    expect(unwrapped(said)).toContain(`Somebody else made guest ${VMID} in the same moment`);

    lab.emulator.log.clear();
    expect((await workspace.apply(stack)).code).toBe(1);
    expect((await workspace.terraform(stack, ['destroy', '-auto-approve'])).code).toBe(1);
    expect((await workspace.terraform(stack, ['destroy', '-auto-approve', '-refresh=false'])).code).toBe(1);
    expect([lab.writes(), guestNow()]).toEqual([[], winner]);

    const [, words = ''] = FORGET.exec(unwrapped(said)) ?? [];
    const cwd = workspace.folder(stack);
    expect((await runCommand(BINARY, words.split(' '), { cwd, env: process.env })).code).toBe(0);
    const yaml = readFileSync(path.join(workspace.root, 'inventory.yml'), 'utf8');
    workspace.synth(yaml.replace(`vmid: ${VMID}`, 'vmid: 302'));
    expect((await workspace.apply(stack)).code).toBe(0);
    expect((await workspace.plan(stack)).code).toBe(0);
    expect(guestNow()).toEqual(winner);
  });

  test.each([
    ['lxc', 'a container'],
    ['lxc', 'a VM'],
    ['kvm', 'a container'],
    ['kvm', 'a VM'],
  ] as const)(
    'between the preflight and the create of a guest (%s) comes %s: it is not touched',
    async (type, who) => {
      addTemplate(type);
      lab.workspace.synth(inventory(type, 'create'));
      // The provider waits for the lock of a container that is none for its whole time limit.
      const file = path.join(lab.workspace.folder(STACK), 'cdk.tf.json');
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace('"start_on_boot"', '"timeout_create": 4, "start_on_boot"'),
      );
      const create = type === 'lxc' ? '/version' : '/nodes/pve/qemu/900/clone';
      lab.emulator.faults.add({ kind: 'slow', delayMs: 1000, path: create });
      const running = lab.workspace.apply(STACK);
      while (lab.emulator.faults.list()[0]?.seen === 0)
        await new Promise((resolve) => setTimeout(resolve, 10));
      lab.emulator.addGuest({ vmid: VMID, node: 'pve', running: true, ...strangers[who] });
      const stranger = guestNow();
      const run = await running;
      lab.emulator.faults.remove();
      expect([run.code, guestNow()]).toEqual([1, stranger]);
      lab.emulator.log.clear();
      expectRefused(await lab.workspace.apply(STACK), `VMID ${VMID} belongs to`);
      await lab.workspace.terraform(STACK, ['destroy', '-auto-approve']);
      expect([lab.writes(), guestNow()]).toEqual([[], stranger]);
    },
  );
});

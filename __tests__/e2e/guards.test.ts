import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_TOKEN } from 'proxmox-emulator';
import { useLab } from '../support/lab';
import { BINARY, command, describeWith, providers } from '../support/requirements';
import { runCommand, unwrapped } from '../support/workspace';

jest.setTimeout(300_000);

const STACK = 'app-shop-dev';
const TEMPLATE = 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst';

/** One env; `env` are further lines of it. */
function inventory(url: string, env = '', top = ''): string {
  return `proxmox_host: ${url}
configure: false
${top}
guest: {lxc_ostemplate: "${TEMPLATE}"}
app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        vmid: 301
        ip: 10.0.10.31/24
        gateway: 10.0.10.1
${env}`;
}

describeWith([providers, command('curl')], 'guards, with the real provider against the emulator', () => {
  const lab = useLab();

  const creates = (): unknown[] =>
    lab.emulator.log
      .list()
      .filter(({ method, path: where }) => method === 'POST' && /\/(lxc|qemu)$/.test(where));

  /** The guest with this VMID as Proxmox has it. */
  const guestNow = (vmid: number): unknown =>
    lab.emulator.state.export().guests.find((guest) => guest.vmid === vmid);

  /** Takes out of the stack all that the guards put in: what is left is what the provider does by itself. */
  const removeGuards = (): void => {
    const file = path.join(lab.workspace.folder(STACK), 'cdk.tf.json');
    const stack = JSON.parse(readFileSync(file, 'utf8')) as {
      check?: unknown;
      data: { external: { address?: unknown; stranger?: unknown } };
      resource: {
        null_resource?: unknown;
        terraform_data: { owned?: unknown };
        proxmox_virtual_environment_container: {
          guest: { depends_on?: unknown; lifecycle: { precondition?: unknown } };
        };
      };
    };
    const { guest } = stack.resource.proxmox_virtual_environment_container;
    delete stack.check;
    delete stack.data.external.address;
    delete stack.data.external.stranger;
    delete stack.resource.terraform_data.owned;
    delete stack.resource.null_resource;
    delete guest.depends_on;
    delete guest.lifecycle.precondition;
    writeFileSync(file, JSON.stringify(stack));
  };

  /** The API's token in a variable that only the command line knows: the guards' script does not see it at plan. */
  const tokenByVariable = (token: string): { keys: string; variable: string; secret: string } => {
    const [id = '', secret = ''] = token.split('=');
    delete lab.workspace.env['PROXMOX_VE_API_TOKEN'];
    return {
      keys: `proxmox_token_id: ${id}\nproxmox_token_secret: "{{ vault_secret }}"`,
      variable: `-var=vault_secret=${secret}`,
      secret,
    };
  };

  /** A guest with VMID 301 that only other tokens see. @returns the token that does not see it */
  const hiddenGuest = (): string => {
    lab.emulator.addGuest({
      vmid: 301,
      type: 'lxc',
      node: 'pve',
      running: true,
      config: { hostname: 'hidden' },
    });
    const [id, secret] = ['root@pam!limited', '11111111-1111-1111-1111-111111111111'];
    lab.emulator.auth.setToken({ id, secret, grant: { role: 'Administrator', hidden: [301] } });
    return `${id}=${secret}`;
  };

  test('a deploy creates the guest, and the plan after it is empty', async () => {
    lab.workspace.synth(inventory(lab.emulator.url));
    const applied = await lab.workspace.apply(STACK);
    expect(applied.output).toContain('Apply complete! Resources: 4 added');
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
    expect(creates()).toHaveLength(1);
  });

  test.each([
    ['a container on the same node', { type: 'lxc', node: 'pve' }, 'container 301 (stranger) on node pve'],
    ['a container on another node', { type: 'lxc', node: 'pve2' }, 'container 301 (stranger) on node pve2'],
    ['a VM', { type: 'qemu', node: 'pve' }, 'VM 301 (stranger) on node pve'],
  ] as const)('a VMID of %s fails the plan with its name and node', async (_what, seed, who) => {
    const config: Record<string, string> =
      seed.type === 'lxc' ? { hostname: 'stranger' } : { name: 'stranger' };
    lab.emulator.addGuest({ vmid: 301, ...seed, running: false, config });
    lab.workspace.synth(inventory(lab.emulator.url));
    const plan = await lab.workspace.plan(STACK);
    expect(plan.code).toBe(1);
    expect(unwrapped(plan.output)).toContain(`VMID 301 belongs to ${who}, which is not a guest of ${STACK}`);
    const apply = await lab.workspace.apply(STACK);
    expect(apply.code).toBe(1);
    expect(lab.writes()).toEqual([]);
  });

  test('without the guards the provider takes the guest over, overwrites it, and destroys it; with them it does not', async () => {
    const stranger = { hostname: 'stranger', memory: 1024, tags: 'theirs' };
    const config = {
      ...stranger,
      unprivileged: 1,
      features: 'nesting=1',
      ostype: 'debian',
      rootfs: 'local-lvm:vm-301-disk-0,size=8G',
    };
    lab.emulator.addGuest({ vmid: 301, type: 'lxc', node: 'pve', running: false, config });
    lab.workspace.synth(inventory(lab.emulator.url));
    const guarded = await lab.workspace.apply(STACK);
    expect([guarded.code, lab.writes()]).toEqual([1, []]);

    removeGuards();
    const taken = await lab.workspace.apply(STACK);
    expect([taken.code, taken.output]).toEqual([0, expect.stringContaining('guest: Creation complete')]);
    expect(guestNow(301)).toMatchObject({ running: true, config: stranger });
    expect((await lab.workspace.apply(STACK)).output).toContain('guest: Modifications complete');
    expect(guestNow(301)).toMatchObject({ config: { hostname: 'shop-dev', memory: 2048 } });
    expect((await lab.workspace.terraform(STACK, ['destroy', '-auto-approve'])).code).toBe(0);
    expect(guestNow(301)).toBeUndefined();
  });

  test.each([
    ['terraform destroy', undefined, ['destroy', '-auto-approve']],
    ['state: absent', '        state: absent\n', ['apply', '-auto-approve']],
  ])('%s does not touch a stranger who has the VMID now', async (_what, env, command) => {
    lab.workspace.synth(inventory(lab.emulator.url));
    expect((await lab.workspace.apply(STACK)).code).toBe(0);
    lab.emulator.removeGuest(301);
    const config = { hostname: 'mail', tags: 'othersteam' };
    lab.emulator.addGuest({ vmid: 301, type: 'lxc', node: 'pve', running: true, config });
    if (env) lab.workspace.synth(inventory(lab.emulator.url, env));
    lab.emulator.log.clear();
    const { code, output } = await lab.workspace.terraform(STACK, command);
    expect(code).toBe(1);
    expect(unwrapped(output)).toContain('VMID 301 is not a guest of app-shop-dev any more');
    expect(unwrapped(output)).toContain(
      'Nothing was touched. If the guest of this stack is gone, let Terraform forget it: ' +
        'terraform state rm proxmox_virtual_environment_container.guest terraform_data.owned terraform_data.owner.',
    );
    expect(lab.writes()).toEqual([]);
    expect(guestNow(301)).toMatchObject({ running: true, config });

    // As the message says.
    const [, forgotten = ''] = /terraform (state rm [\w. ]+\w)\./.exec(unwrapped(output)) ?? [];
    const forget = forgotten.split(' ');
    const cwd = lab.workspace.folder(STACK);
    expect((await runCommand(BINARY, forget, { cwd, env: process.env })).code).toBe(0);
    expect((await lab.workspace.terraform(STACK, command)).code).toBe(0);
    expect(guestNow(301)).toMatchObject({ running: true, config });
  });

  test('a VMID of a guest that the token may not see fails the plan', async () => {
    lab.workspace.env['PROXMOX_VE_API_TOKEN'] = hiddenGuest();
    lab.workspace.synth(inventory(lab.emulator.url));
    const plan = await lab.workspace.plan(STACK);
    expect(plan.code).toBe(1);
    expect(unwrapped(plan.output)).toContain(
      'VMID 301 is taken by a guest that these credentials may not see',
    );
  });

  test('where the plan could not ask, it fails the apply', async () => {
    const { keys, variable } = tokenByVariable(hiddenGuest());
    lab.workspace.synth(inventory(lab.emulator.url, '', keys));
    expect((await lab.workspace.plan(STACK, variable)).code).toBe(2);
    const apply = await lab.workspace.apply(STACK, variable);
    expect(apply.code).toBe(1);
    expect(unwrapped(apply.output)).toContain(
      'VMID 301 is taken by a guest that these credentials may not see',
    );
    expect(lab.writes()).toEqual([]);
  });

  test('a guest that appears between plan and apply is not touched', async () => {
    lab.workspace.synth(inventory(lab.emulator.url));
    const plan = await lab.workspace.plan(STACK, '-out=plan.tfplan');
    expect(plan.code).toBe(2);
    lab.emulator.addGuest({
      vmid: 301,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { hostname: 'late' },
    });
    const apply = await lab.workspace.terraform(STACK, ['apply', 'plan.tfplan']);
    expect(apply.code).toBe(1);
    expect(unwrapped(apply.output)).toContain(
      'VMID 301 belongs to lxc/301 (late) on node pve, which is not a guest of app-shop-dev',
    );
    // The message, not the script that found it.
    expect(apply.output).not.toContain('set -eu');
    expect(lab.writes()).toEqual([]);
  });

  test('our guest on another node fails the plan with the node to write, and is not created again', async () => {
    lab.workspace.synth(inventory(lab.emulator.url));
    await lab.workspace.apply(STACK);
    lab.emulator.changeGuest(301, { node: 'pve2' });
    lab.emulator.log.clear();
    const plan = await lab.workspace.plan(STACK);
    expect(plan.code).toBe(1);
    expect(unwrapped(plan.output)).toContain('Write proxmox_node: pve2 in the inventory');
    expect(lab.writes()).toEqual([]);

    lab.workspace.synth(inventory(lab.emulator.url, '', 'proxmox_node: pve2'));
    const moved = await lab.workspace.apply(STACK);
    expect(moved.code).toBe(0);
    expect(lab.writes().filter((line) => line.startsWith('DELETE'))).toEqual([]);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
  });

  test('another vmid in the inventory is refused: a guest cannot be renumbered', async () => {
    lab.workspace.synth(inventory(lab.emulator.url));
    await lab.workspace.apply(STACK);
    lab.emulator.log.clear();
    lab.workspace.synth(inventory(lab.emulator.url).replace('vmid: 301', 'vmid: 302'));
    const plan = await lab.workspace.plan(STACK);
    expect(plan.code).toBe(1);
    expect(unwrapped(plan.output)).toContain(
      'container 301 (shop-dev) on node pve carries the tag "app-shop-dev"',
    );
    expect(lab.writes()).toEqual([]);
  });

  test.each([
    [
      "another stack's guest, by its tag",
      { type: 'lxc', config: { hostname: 'other', tags: 'app-x-dev;ip-10.0.10.31' } },
      'container 400 (other) on node pve2: it carries the tag "ip-10.0.10.31"',
    ],
    [
      "a stopped container's configuration",
      {
        type: 'lxc',
        config: { hostname: 'other', net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.31/24,gw=10.0.10.1' },
      },
      '10.0.10.31 is the address of lxc/400 (other) on node pve2',
    ],
    [
      "a running container's configuration",
      {
        type: 'lxc',
        running: true,
        config: { hostname: 'other', net1: 'name=eth1,bridge=vmbr1,ip=10.0.10.31/16,type=veth' },
      },
      '10.0.10.31 is the address of lxc/400 (other) on node pve2',
    ],
    [
      "a stopped VM's cloud-init",
      { type: 'qemu', config: { name: 'other', ipconfig0: 'ip=10.0.10.31/24,gw=10.0.10.1' } },
      '10.0.10.31 is the address of qemu/400 (other) on node pve2',
    ],
    [
      "a running VM's cloud-init",
      {
        type: 'qemu',
        running: true,
        config: { name: 'other', ipconfig1: 'gw=10.0.10.1,ip=10.0.10.31/24' },
      },
      '10.0.10.31 is the address of qemu/400 (other) on node pve2',
    ],
  ] as const)(
    'an address of %s fails the plan; allow_ip_conflicts overrides it',
    async (_what, seed, who) => {
      lab.emulator.addGuest({ vmid: 400, node: 'pve2', running: false, ...seed });
      lab.workspace.synth(inventory(lab.emulator.url));
      const plan = await lab.workspace.plan(STACK);
      expect(plan.code).toBe(1);
      expect(unwrapped(plan.output)).toContain(who);
      expect(lab.writes()).toEqual([]);
      const forced = await lab.workspace.apply(STACK, '-var=allow_ip_conflicts=true');
      expect([forced.code, forced.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    },
  );

  test('an address that only begins or ends alike is free', async () => {
    lab.emulator.addGuest({
      vmid: 400,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.3/24,gw=10.0.10.1' },
    });
    lab.emulator.addGuest({
      vmid: 401,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { net0: 'name=eth0,bridge=vmbr0,ip=110.0.10.31/24' },
    });
    lab.emulator.addGuest({
      vmid: 402,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.99/24,gw=10.0.10.31' },
    });
    lab.emulator.addGuest({
      vmid: 403,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { description: 'was ip=10.0.10.31/24' },
    });
    lab.workspace.synth(inventory(lab.emulator.url));
    expect((await lab.workspace.plan(STACK)).code).toBe(2);
  });

  test('without credentials in the environment the plan says what it did not search, and the apply does', async () => {
    lab.emulator.addGuest({
      vmid: 400,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { hostname: 'other', net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.31/24' },
    });
    const { keys, variable, secret } = tokenByVariable(DEFAULT_TOKEN);
    lab.workspace.synth(inventory(lab.emulator.url, '', keys));
    const plan = await lab.workspace.plan(STACK, variable);
    expect(plan.code).toBe(2);
    expect(unwrapped(plan.output)).toContain('10.0.10.31 was not searched in other guests');
    const apply = await lab.workspace.apply(STACK, variable);
    expect(apply.code).toBe(1);
    expect(unwrapped(apply.output)).toContain('10.0.10.31 is the address of lxc/400 (other) on node pve');
    expect(lab.writes()).toEqual([]);

    lab.workspace.env['TF_VAR_vault_secret'] = secret;
    const searched = await lab.workspace.plan(STACK);
    expect(searched.code).toBe(1);
    expect(unwrapped(searched.output)).toContain('10.0.10.31 is the address of lxc/400 (other) on node pve');
    for (const text of [
      plan.output,
      apply.output,
      searched.output,
      lab.workspace.json(STACK),
      lab.workspace.state(STACK),
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  test('with user and password instead of a token', async () => {
    delete lab.workspace.env['PROXMOX_VE_API_TOKEN'];
    lab.workspace.synth(
      inventory(lab.emulator.url, '', 'proxmox_user: root@pam\nproxmox_password: "{{ vault_password }}"'),
    );
    lab.workspace.env['TF_VAR_vault_password'] = 'emulated-password';
    const apply = await lab.workspace.apply(STACK);
    expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
  });

  test('a configuration that cannot be read refuses, one of a guest gone since does not', async () => {
    lab.emulator.addGuest({
      vmid: 400,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { hostname: 'other' },
    });
    lab.emulator.faults.add({
      kind: 'error',
      method: 'GET',
      path: '/nodes/pve/lxc/400/config',
      count: 9,
      status: 596,
      reason: 'Connection timed out',
    });
    lab.workspace.synth(inventory(lab.emulator.url));
    const plan = await lab.workspace.plan(STACK);
    expect(plan.code).toBe(1);
    expect(unwrapped(plan.output)).toContain(
      'the configuration of the guest lxc.400.pve cannot be read (HTTP 596)',
    );

    lab.emulator.faults.remove();
    lab.emulator.faults.add({
      kind: 'error',
      method: 'GET',
      path: '/nodes/pve/lxc/400/config',
      count: 9,
      status: 500,
      reason: "Configuration file 'nodes/pve/lxc/400.conf' does not exist",
    });
    expect((await lab.workspace.plan(STACK)).code).toBe(2);
  });

  test('a guest that was deleted outside is created again, after the guards have looked again', async () => {
    lab.workspace.synth(inventory(lab.emulator.url));
    await lab.workspace.apply(STACK);
    lab.emulator.removeGuest(301);
    lab.emulator.addGuest({
      vmid: 301,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { hostname: 'squatter' },
    });
    const refused = await lab.workspace.apply(STACK);
    expect(refused.code).toBe(1);
    expect(unwrapped(refused.output)).toContain('VMID 301 belongs to container 301 (squatter) on node pve');

    lab.emulator.removeGuest(301);
    lab.emulator.log.clear();
    const plan = await lab.workspace.plan(STACK, '-out=plan.tfplan');
    expect(plan.code).toBe(2);
    expect(plan.output).toContain('null_resource.preflight must be replaced');
    lab.emulator.addGuest({
      vmid: 301,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { hostname: 'squatter' },
    });
    const late = await lab.workspace.terraform(STACK, ['apply', 'plan.tfplan']);
    expect(late.code).toBe(1);
    expect(lab.writes()).toEqual([]);

    lab.emulator.removeGuest(301);
    expect((await lab.workspace.apply(STACK)).code).toBe(0);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
  });

  test('an address change is guarded, too, and done in place', async () => {
    lab.workspace.synth(inventory(lab.emulator.url));
    await lab.workspace.apply(STACK);
    lab.emulator.addGuest({
      vmid: 400,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { hostname: 'other', net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.32/24' },
    });
    lab.workspace.synth(inventory(lab.emulator.url).replace('10.0.10.31/24', '10.0.10.32/24'));
    const taken = await lab.workspace.plan(STACK);
    expect(taken.code).toBe(1);
    expect(unwrapped(taken.output)).toContain('10.0.10.32 is the address of lxc/400 (other)');

    lab.emulator.removeGuest(400);
    const apply = await lab.workspace.apply(STACK);
    expect(apply.output).toContain('1 added, 1 changed, 1 destroyed');
    expect(apply.output).toContain('container.guest: Modifications complete');
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
  });

  // Terraform runs the search of the apply when the old guest is gone already.
  test.each([
    ['whose new address is taken', '10.0.10.32 is the address of lxc/400 (other) on node pve2', true],
    ['whose new address the plan could not search', '10.0.10.32 was not searched in other guests', false],
  ])('a replacement %s is refused, and the old guest stands', async (_what, said, searched) => {
    lab.workspace.synth(inventory(lab.emulator.url));
    expect((await lab.workspace.apply(STACK)).code).toBe(0);
    const before = guestNow(301);
    const config = { hostname: 'other', net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.32/24' };
    lab.emulator.addGuest({ vmid: 400, type: 'lxc', node: 'pve2', running: true, config });
    lab.emulator.log.clear();
    const { keys, variable, secret } = tokenByVariable(DEFAULT_TOKEN);
    if (searched) lab.workspace.env['TF_VAR_vault_secret'] = secret;
    const changed = inventory(lab.emulator.url, '', keys)
      .replace('10.0.10.31/24', '10.0.10.32/24')
      .replace('guest: {', 'guest: {disk_storage: local, ');
    lab.workspace.synth(changed);
    const apply = await lab.workspace.apply(STACK, variable);
    expect(apply.code).toBe(1);
    expect(unwrapped(apply.output)).toContain(said);
    expect(lab.writes()).toEqual([]);

    expect(guestNow(301)).toEqual(before);

    lab.emulator.removeGuest(400);
    lab.workspace.env['TF_VAR_vault_secret'] = secret;
    const free = await lab.workspace.apply(STACK);
    expect([free.code, free.output]).toEqual([0, expect.stringContaining('guest must be replaced')]);
  });

  test('a missing variable is an error that names it, and nothing waits for input', async () => {
    lab.workspace.synth(inventory(lab.emulator.url, '', 'proxmox_node: "{{ vault_node }}"'));
    const plan = await lab.workspace.plan(STACK);
    expect(plan.code).toBe(1);
    expect(unwrapped(plan.output)).toContain('vault_node is not set: export TF_VAR_vault_node');
  });

  test('the guards hold for 5,000 guests, and find the one that has the address', async () => {
    for (let vmid = 1000; vmid < 6000; vmid++) {
      const last = vmid === 5999 ? 'ip=10.0.10.31/24' : `ip=10.9.${vmid % 250}.${(vmid >> 5) % 250}/16`;
      lab.emulator.addGuest({
        vmid,
        type: vmid % 2 ? 'lxc' : 'qemu',
        node: vmid % 3 ? 'pve' : 'pve2',
        running: false,
        config:
          vmid % 2
            ? { hostname: `g${vmid}`, net0: `name=eth0,bridge=vmbr0,${last}` }
            : { name: `g${vmid}`, ipconfig0: last },
      });
    }
    lab.workspace.synth(inventory(lab.emulator.url));
    const plan = await lab.workspace.plan(STACK);
    expect(plan.code).toBe(1);
    expect(unwrapped(plan.output)).toContain('10.0.10.31 is the address of lxc/5999 (g5999) on node pve.');
    lab.emulator.removeGuest(5999);
    expect((await lab.workspace.apply(STACK)).code).toBe(0);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
  });
});

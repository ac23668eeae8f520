import { DEFAULT_TOKEN } from 'proxmox-emulator';
import { openLab, type OpenLab, type Scene } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped } from '../support/workspace';

jest.setTimeout(300_000);

const STACK = 'app-shop-dev';
const TEMPLATE = 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst';

/** One env; `keys` are guest keys, `top` are lines at the top. */
const inventory = (keys: string, top = ''): string => `configure: false
${top}
guest: {${keys}}
app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        vmid: 301
        ip: 10.0.10.31/24
        gateway: 10.0.10.1
`;

/** What a guest is asked to be made from, and what the plan says of it. */
interface Case {
  what: string;
  keys: string;
  top?: string;
  said: string;
  /** What happens in Proxmox before. */
  before?: (lab: OpenLab) => void;
}

const removed =
  (volid: string) =>
  ({ emulator }: OpenLab): void => {
    for (const storage of emulator.state.storages) {
      const at = storage.volumes.findIndex((volume) => volume.volid === volid);
      if (at >= 0) storage.volumes.splice(at, 1);
    }
  };
/** With a token that lacks these privileges. */
const without =
  (...privileges: string[]) =>
  ({ emulator, workspace }: OpenLab): void => {
    const [id, secret] = ['ci@pve!ci', '00000000-0000-0000-0000-0000000000c1'];
    emulator.auth.setToken({ id, secret, grant: { role: 'PVEAdmin', without: privileges } });
    workspace.env['PROXMOX_VE_API_TOKEN'] = `${id}=${secret}`;
  };
const BIND = 'mount_points: [{path: /data, volume: /data/media}]';

/** Of a container, whether it is new or would be replaced. */
const CASES: Case[] = [
  {
    what: 'an unknown disk_storage',
    keys: 'disk_storage: local-zfs',
    said: 'the storage local-zfs (disk_storage) is not there: node pve has none of this name, or these credentials may not use it',
  },
  {
    what: 'a storage that is not for containers',
    keys: 'disk_storage: iso-only',
    said: 'the storage iso-only (disk_storage) on node pve is not for rootdir, only for iso,vztmpl. Choose another one (local, local-lvm)',
    before: ({ emulator }) => {
      emulator.state.storages.push({
        ...(emulator.state.storages[0] as never as object),
        storage: 'iso-only',
        content: ['iso', 'vztmpl'],
        volumes: [],
      } as never);
    },
  },
  {
    what: 'a template that is gone',
    keys: 'disk_storage: local',
    said: `the template ${TEMPLATE} is not there. Node pve has: `,
    before: removed(TEMPLATE),
  },
  {
    what: 'an unknown bridge',
    keys: 'disk_storage: local, bridge: vmbr77',
    said: 'the bridge vmbr77 is not there: node pve has none of this name, or these credentials may not use it',
  },
  {
    what: 'a bind mount by a token',
    keys: BIND,
    said: 'the mount point /data/media is a folder of the node (a bind mount), which Proxmox allows to root@pam with a password only',
  },
  {
    what: 'a mount point on an unknown storage',
    keys: 'mount_points: [{path: /srv, volume: nowhere, size: 4}]',
    said: 'the storage nowhere (mount_points) is not there',
  },
  {
    what: 'a storage that the token may only look at',
    keys: 'disk_storage: local',
    said: 'these credentials may not make disks on the storage local (disk_storage): they lack Datastore.AllocateSpace on /storage/local.',
    before: without('Datastore.AllocateSpace'),
  },
  {
    what: 'a bridge that the token may not use',
    keys: 'disk_storage: local',
    said: 'the bridge vmbr0 is not there: node pve has none of this name, or these credentials may not use it (SDN.Use on /sdn/zones/localnetwork/vmbr0). There are: none.',
    before: without('SDN.Use', 'SDN.Audit'),
  },
];
const STANDS = 'The guest that stands would be destroyed first, and not made again. Nothing was touched.';

let scene: Promise<Scene> | undefined;
/** A container that stands. */
const standing = (): Promise<Scene> => (scene ??= deployed());
async function deployed(): Promise<Scene> {
  const lab = await openLab();
  try {
    lab.workspace.synth(inventory(''));
    const apply = await lab.workspace.apply(STACK);
    expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
    return lab.capture();
  } finally {
    await lab.close();
  }
}

/** The plan and the apply say so, and nothing is touched. */
async function expectRefused(lab: OpenLab, said: readonly string[]): Promise<void> {
  const before = JSON.stringify(lab.emulator.state.export().guests);
  lab.emulator.log.clear();
  for (const run of [await lab.workspace.plan(STACK), await lab.workspace.apply(STACK)]) {
    expect(run.code).toBe(1);
    for (const words of said) expect(unwrapped(run.output)).toContain(words);
  }
  expect([lab.writes(), JSON.stringify(lab.emulator.state.export().guests)]).toEqual([[], before]);
}

describeWith([providers, command('curl')], 'what cannot be made is not begun', () => {
  test.concurrent.each(CASES)('a new container with $what', async ({ keys, top, said, before }) => {
    const lab = await openLab();
    try {
      before?.(lab);
      lab.workspace.synth(inventory(keys, top));
      await expectRefused(lab, [said]);
    } finally {
      await lab.close();
    }
  });

  test.concurrent.each(CASES)('a replacement with $what: the guest stands', async (one) => {
    const lab = await openLab({}, await standing());
    try {
      one.before?.(lab);
      lab.workspace.synth(inventory(one.keys, one.top));
      await expectRefused(lab, [one.said, STANDS]);
    } finally {
      await lab.close();
    }
  });

  test.concurrent.each([
    [
      'an unknown node',
      'kvm_clone_vmid: 900',
      'proxmox_node: pve9',
      'there is no node pve9 in this cluster, only pve, pve2.',
    ],
    [
      'no template',
      'kvm_clone_vmid: 950',
      '',
      'there is no VM 950 to clone (kvm_clone_vmid), or these credentials may not see it.',
    ],
    ['a container as template', 'kvm_clone_vmid: 800', '', '800 (kvm_clone_vmid) is a container.'],
    [
      'a template on another node',
      'kvm_clone_vmid: 901',
      '',
      'the VM 901 (kvm_clone_vmid) is on node pve2, and is cloned only where it is.',
    ],
    [
      'a storage that is not there',
      'kvm_clone_vmid: 900, disk_storage: local-zfs',
      '',
      'the storage local-zfs (disk_storage) is not there',
    ],
  ])('a new VM with %s', async (_what, keys, top, said) => {
    const lab = await openLab();
    try {
      for (const [vmid, node] of [
        [900, 'pve'],
        [901, 'pve2'],
      ] as const) {
        const config = { name: 'template', template: 1, scsi0: `local-lvm:base-${vmid}-disk-0,size=4G` };
        lab.emulator.addGuest({ vmid, type: 'qemu', node, running: false, config });
      }
      lab.emulator.addGuest({
        vmid: 800,
        type: 'lxc',
        node: 'pve',
        running: false,
        config: { hostname: 'x' },
      });
      lab.workspace.synth(inventory(`proxmox_guest_type: kvm, ${keys}`, top));
      await expectRefused(lab, [said]);
    } finally {
      await lab.close();
    }
  });

  test('a replacement by a token that may not make guests', async () => {
    const lab = await openLab({}, await standing());
    try {
      without('VM.Allocate')(lab);
      lab.workspace.synth(inventory('disk_storage: local'));
      await expectRefused(lab, [
        'these credentials may not make it again: they lack VM.Allocate on /vms',
        STANDS,
      ]);
    } finally {
      await lab.close();
    }
  });

  test('a new container on an unknown node', async () => {
    const lab = await openLab();
    try {
      lab.workspace.synth(inventory('', 'proxmox_node: pve9'));
      await expectRefused(lab, ['there is no node pve9 in this cluster, only pve, pve2.']);
    } finally {
      await lab.close();
    }
  });

  test('a container does not become a VM', async () => {
    const lab = await openLab({}, await standing());
    try {
      const config = { name: 'template', template: 1, scsi0: 'local-lvm:base-900-disk-0,size=4G' };
      lab.emulator.addGuest({ vmid: 900, type: 'qemu', node: 'pve', running: false, config });
      lab.workspace.synth(inventory('proxmox_guest_type: kvm, kvm_clone_vmid: 900'));
      await expectRefused(lab, [
        'The guest of app-shop-dev is container 301 (shop-dev) on node pve, not a VM on node pve',
        'first remove this one (state: absent).',
      ]);
    } finally {
      await lab.close();
    }
  });

  test('a replacement that nobody could check is refused, and goes through once it can be', async () => {
    const lab = await openLab({}, await standing());
    try {
      const [id = '', secret = ''] = DEFAULT_TOKEN.split('=');
      delete lab.workspace.env['PROXMOX_VE_API_TOKEN'];
      const keys = `proxmox_token_id: ${id}\nproxmox_token_secret: "{{ vault_secret }}"`;
      // Nothing to do: nothing is asked, and nothing is missed.
      lab.workspace.synth(inventory('', keys));
      const args = `-var=vault_secret=${secret}`;
      const plan = await lab.workspace.plan(STACK, args);
      expect([plan.code, plan.output]).toEqual([0, expect.not.stringContaining('of this plan')]);

      lab.workspace.synth(inventory('disk_storage: local', keys));
      const refused = await lab.workspace.apply(STACK, args);
      expect(refused.code).toBe(1);
      expect(unwrapped(refused.output)).toContain(
        'and nobody asked whether the guest can be made anew. For a guest that stands that may be too late: a replacement destroys it first. Nothing was touched. Export the variables with the credentials (TF_VAR_...) or PROXMOX_VE_API_TOKEN.',
      );
      expect(lab.writes()).toEqual([]);
      lab.workspace.env['TF_VAR_vault_secret'] = secret;
      const done = await lab.workspace.apply(STACK);
      expect([done.code, done.output]).toEqual([0, expect.stringContaining('guest must be replaced')]);
      expect((await lab.workspace.plan(STACK)).code).toBe(0);
    } finally {
      await lab.close();
    }
  });

  test('a volume that was moved by hand, and then written into the inventory, replaces and asks nothing', async () => {
    const lab = await openLab({}, await standing());
    try {
      removed(TEMPLATE)(lab);
      lab.emulator.changeGuest(301, { config: { rootfs: 'local:301/vm-301-disk-0.raw,size=8G' } });
      lab.workspace.synth(inventory('disk_storage: local'));
      const apply = await lab.workspace.apply(STACK);
      expect([apply.code, apply.output]).toEqual([
        0,
        expect.stringContaining('guest: Modifications complete'),
      ]);
      expect(lab.writes().filter((line) => line.startsWith('DELETE'))).toEqual([]);
      expect((await lab.workspace.plan(STACK)).code).toBe(0);
    } finally {
      await lab.close();
    }
  });

  test('a plan with nothing to do asks nothing of it', async () => {
    const lab = await openLab({}, await standing());
    try {
      lab.workspace.synth(inventory(''));
      expect((await lab.workspace.plan(STACK)).code).toBe(0);
      const asked = lab.emulator.log.list().map(({ path }) => path);
      expect(asked.filter((where) => /storage|network|access|nextid/.test(where))).toEqual([]);
    } finally {
      await lab.close();
    }
  });
});

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { BAKED } from '../support/app-fixture';
import { realGuests, stackIn, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';
import { type Outcome, unwrapped } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const ROOT = path.join(__dirname, '..', '..');
const STACK = 'app-shop-dev';
const HOST = '10.0.10.73';
const VMID = 373;

describeWith([realGuests, providers], 'the host key of a guest is pinned from its first contact on', () => {
  const lab = useRealLab({ lab: BAKED });

  const synth = (options: Record<string, unknown> = {}): void => {
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        guest: { lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst' },
        app_projects: {
          shop: {
            app_type: 'none',
            envs: {
              dev: { name: 'shop-dev', vmid: VMID, ip: `${HOST}/24`, gateway: '10.0.10.1', ...options },
            },
          },
        },
      }),
    );
  };
  const { ssh, apply, nothingToDo } = stackIn(lab, STACK, HOST);
  const tags = (): string[] => String(lab.emulator.state.guests.get(VMID)?.config.get('tags')).split(';');
  const pins = (): string[] => tags().filter((tag) => tag.startsWith('hostkey-'));
  /** The pin as it has to be, of the guest that stands now. */
  const expected = async (): Promise<string> => {
    const net = String(lab.emulator.state.guests.get(VMID)?.config.get('net0'));
    const mac = (/hwaddr=([0-9A-F:]+)/i.exec(net)?.[1] ?? '').replaceAll(':', '').toLowerCase();
    const key = Buffer.from((await ssh('cut -d " " -f 2 /etc/ssh/ssh_host_ed25519_key.pub')) || '', 'base64');
    return `hostkey-${mac}-${key.subarray(-32).toString('hex')}`;
  };
  /** Another host, to all that SSH can see: other keys. The old ones are kept. */
  const exchange = (types = 'rsa ecdsa ed25519'): Promise<string> =>
    ssh(`mkdir -p /root/keys && cp -n /etc/ssh/ssh_host_* /root/keys/
for type in ${types}; do
  rm -f /etc/ssh/ssh_host_"$type"_key*
  ssh-keygen -q -t "$type" -N '' -f /etc/ssh/ssh_host_"$type"_key
done
systemctl restart ssh; sleep 0.2; touch /run/before`);
  const restore = (): Promise<string> => ssh('cp /root/keys/* /etc/ssh/ && systemctl restart ssh');
  const everything =
    'find / -xdev \\( -path /proc -o -path /run -o -path /tmp -o -path /var/log \\) -prune -o -type f -newer /run/before -print';

  const pvestack = (...args: string[]): Promise<Outcome> =>
    lab.exec(process.execPath, [path.join(ROOT, 'bin', 'pvestack.js'), ...args], {
      cwd: lab.workspace.root,
      env: { APP_INVENTORY: 'inventory.yml', TF_VAR_ssh_private_key_file: lab.privateKey },
    });

  beforeAll(() => {
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    synth();
  });

  test('the first contact says that nobody checked it, and pins it; nothing to do after that', async () => {
    const { output } = await apply();
    expect(output).toContain('Nobody has checked the host key of this first contact; it is pinned now.');
    expect(pins()).toEqual([await expected()]);
    await nothingToDo();
    // A change of the guest keeps it, and terraform's own connections hold to all its keys.
    synth({ guest: { tags: ['blue'] }, firewall_ports: [8080] });
    await apply();
    expect(pins()).toEqual([await expected()]);
    expect(tags()).toContain('blue');
    await nothingToDo();
    synth();
    await apply();
  });

  test('other keys are refused by plan and deploy, in words, before anything is sent', async () => {
    const [pin = ''] = pins();
    await exchange();
    const now = await ssh('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d " " -f 2');
    const before = await ssh('ssh-keygen -lf /root/keys/ssh_host_ed25519_key.pub | cut -d " " -f 2');
    const said = `Another host key answers at ${HOST} than at the first contact. Pinned: ${before}. Now: ${now}. Nothing was sent to it.`;
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, unwrapped(plan.output)]).toEqual([1, expect.stringContaining(said)]);
    expect(unwrapped(plan.output)).toContain(`remove the tag ${pin} from the guest in Proxmox`);
    for (const args of [
      [],
      ['-refresh=false'],
      ['-target=null_resource.base_os', '-replace=null_resource.base_os'],
      ['-var=look_at_guest=false', '-replace=null_resource.kit'],
    ]) {
      const deploy = await lab.workspace.apply(STACK, ...args);
      expect([deploy.code, unwrapped(deploy.output)]).toEqual([1, expect.stringContaining(said)]);
    }
    const configure = await pvestack('configure', STACK, '--auto-approve');
    expect([configure.code, unwrapped(configure.output)]).toEqual([1, expect.stringContaining(said)]);
    // The guest alone is Proxmox's.
    expect((await pvestack('provision', STACK, '--auto-approve')).output).toContain('nothing to do');
    // So do the commands of every day: of this deploy's pin, whatever the plans since said.
    const restart = await pvestack('restart', STACK);
    expect([restart.code, unwrapped(restart.output)]).toEqual([1, expect.stringContaining(said)]);
    expect(await pvestack('status', STACK)).toEqual({
      code: 1,
      output: expect.stringContaining('answers with another host key than the pinned one') as string,
    });
    expect(await ssh(everything)).toBe('');
    await restore();
    expect((await pvestack('ssh', STACK, 'hostname')).output).toBe('shop-dev\n');
    await apply();
    await nothingToDo();
  });

  test('a host that lost the pinned key only is refused, too', async () => {
    await exchange('');
    await ssh('rm /etc/ssh/ssh_host_ed25519_key* && systemctl restart ssh');
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, unwrapped(plan.output)]).toEqual([
      1,
      expect.stringContaining('Now: no key of that type (ssh-ed25519). Nothing was sent to it.'),
    ]);
    await restore();
    await nothingToDo();
  });

  test("terraform's own connections hold to the keys that the plan saw", async () => {
    // Terraform would try for three minutes.
    const file = path.join(lab.workspace.folder(STACK), 'cdk.tf.json');
    writeFileSync(file, lab.workspace.json(STACK).replaceAll('"timeout": "3m"', '"timeout": "6s"'));
    await lab.workspace.plan(STACK, '-replace=null_resource.base_os', '-out=plan');
    await exchange();
    const { code, output } = await lab.workspace.terraform(STACK, ['apply', 'plan']);
    expect([code, output]).toEqual([1, expect.stringMatching(/key mismatch|knownhosts/)]);
    expect(await ssh(everything)).toBe('');
    await restore();
    synth();
    await apply();
    await nothingToDo();
  });

  test('a guest with host certificates lets deploys in', async () => {
    await ssh(`cd /run && ssh-keygen -q -t ed25519 -N '' -f ca
for type in rsa ecdsa ed25519; do
  ssh-keygen -q -s ca -I host -h -n ${HOST} /etc/ssh/ssh_host_"$type"_key.pub
  echo "HostCertificate /etc/ssh/ssh_host_$type""_key-cert.pub" >>/etc/ssh/sshd_config.d/10-certificates.conf
done
systemctl restart ssh`);
    await apply('-replace=null_resource.base_os');
    await ssh('rm /etc/ssh/sshd_config.d/10-certificates.conf /etc/ssh/*-cert.pub && systemctl restart ssh');
    await nothingToDo();
  });

  test('what did not answer the plan has to show the pinned key to its deploy', async () => {
    const file = path.join(lab.workspace.folder(STACK), 'cdk.tf.json');
    writeFileSync(file, lab.workspace.json(STACK).replaceAll('"timeout": "3m"', '"timeout": "6s"'));
    await exchange();
    await ssh('systemctl stop ssh');
    const plan = await lab.workspace.plan(STACK, '-replace=null_resource.base_os', '-out=plan');
    expect(unwrapped(plan.output)).toContain(
      'Connection refused. Layers of this plan take the pinned host key alone: plan again once it answers.',
    );
    await lab.api('POST', `/nodes/pve/lxc/${VMID}/status/reboot`);
    await lab.waitForSsh(VMID);
    await ssh('touch /run/before');
    const { code, output } = await lab.workspace.terraform(STACK, ['apply', 'plan']);
    expect([code, output]).toEqual([1, expect.stringMatching(/key mismatch|knownhosts/)]);
    expect(await ssh(everything)).toBe('');
    await restore();
    synth();
    await apply();
    await nothingToDo();
  });

  test('accepted on purpose: by the inventory, or by the tag', async () => {
    await exchange();
    const key = await ssh('cut -d " " -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub');
    synth({ ssh_host_key: key });
    await apply();
    expect(pins()).toEqual([]);
    await nothingToDo();
    synth();
    const { output } = await apply();
    expect(output).toContain('it is pinned now');
    expect(pins()).toEqual([await expected()]);
    await nothingToDo();

    await exchange();
    const kept = tags().filter((tag) => !tag.startsWith('hostkey-'));
    await lab.api('PUT', `/nodes/pve/lxc/${VMID}/config`, { tags: kept.join(';') });
    expect(unwrapped((await lab.workspace.plan(STACK)).output)).toContain(': host key not pinned"');
    expect(unwrapped((await apply()).output)).toContain('it is pinned now');
    expect(pins()).toEqual([await expected()]);
    await nothingToDo();
  });

  test('a replaced guest is pinned anew; one that is off keeps nobody from a plan or a destroy', async () => {
    await apply('-replace=proxmox_virtual_environment_container.guest');
    expect(pins()).toEqual([await expected()]);
    await nothingToDo();
    await lab.api('POST', `/nodes/pve/lxc/${VMID}/status/stop`);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([2, expect.stringContaining('started')]);
    const { code, output } = await lab.workspace.terraform(STACK, ['destroy', '-auto-approve']);
    expect([code, output]).toEqual([0, expect.stringContaining('Destroy complete!')]);
  });
});

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BAKED } from '../support/app-fixture';
import { did, said } from '../support/deploy';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';
import { unwrapped, type Outcome } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const GUEST = 301;
const OURS = path.join(__dirname, '../../templates');
const KIT = path.join(__dirname, '..', '..', 'kit');

describeWith([realGuests, providers], 'nobody is locked out', () => {
  const lab = useRealLab({ lab: BAKED });

  /** Writes the inventory; `templates` replace ours. */
  const synth = (options: Record<string, unknown> = {}, templates: Record<string, string> = {}): void => {
    const folder = path.join(lab.workspace.root, 'templates');
    rmSync(folder, { recursive: true, force: true });
    for (const [name, text] of Object.entries(templates)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        ...(Object.keys(templates).length > 0 ? { templates_dir: 'templates' } : {}),
        guest: { protection: false, lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst' },
        app_projects: {
          shop: {
            app_type: 'none',
            envs: {
              dev: { name: 'shop-dev', vmid: GUEST, ip: '10.0.10.51/24', gateway: '10.0.10.1', ...options },
            },
          },
        },
      }),
    );
  };
  const template = (name: string, change: (text: string) => string): Record<string, string> => {
    const text = readFileSync(path.join(OURS, name), 'utf8');
    expect(change(text)).not.toBe(text);
    return { [name]: change(text) };
  };
  /** Changes programs of the kit in the stack's folder, as another version of this tool would have them. */
  const changeKit = (changes: Record<string, [from: string, to: string][]>): void => {
    const file = path.join(lab.workspace.folder(STACK), 'kit.sh');
    const json = path.join(lab.workspace.folder(STACK), 'cdk.tf.json');
    const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
    const before = readFileSync(file, 'utf8');
    let kit = before;
    for (const [name, pairs] of Object.entries(changes)) {
      const text = readFileSync(path.join(KIT, name), 'utf8');
      let changed = text;
      for (const [from, to] of pairs) {
        expect(changed).toContain(from);
        changed = changed.replace(from, to);
      }
      kit = kit.replace(text, changed).replace(sum(text), sum(changed));
    }
    writeFileSync(file, kit);
    writeFileSync(json, readFileSync(json, 'utf8').replace(sum(before), sum(kit)));
  };
  const ssh = async (script: string): Promise<string> => {
    const { code, output } = await lab.ssh(GUEST, script);
    expect([code, output]).toEqual([0, output]);
    return output.trim();
  };
  const apply = async (): Promise<Outcome> => {
    const outcome = await lab.workspace.apply(STACK);
    expect([outcome.code, outcome.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    return outcome;
  };
  const nothingToDo = async (): Promise<void> => {
    const { code, output } = await lab.workspace.plan(STACK);
    expect([code, output]).toEqual([0, expect.stringContaining('No changes.')]);
  };
  /** Applies, and kills terraform once the layer is done and nobody has proven anything. */
  const applyUntilDone = async (): Promise<void> => {
    let kill: (signal: NodeJS.Signals) => void;
    const { code } = await lab.workspace.terraform(STACK, ['apply', '-auto-approve'], {
      onStart: (end) => (kill = end),
      onOutput: (text) => {
        if (text.includes('done     base_os')) kill('SIGKILL');
      },
    });
    expect(code).not.toBe(0);
  };
  const RULES =
    "ufw status | head -n 1; ufw show added | sed -n 's/^ufw //p' | sort; sshd -T | grep ^passwordauthentication";
  const TIMER = 'systemctl is-active pvestack-undo.timer || true; ls /var/lib/pvestack';

  beforeAll(() => {
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
  });

  test('terraform is killed before the fresh connection: the change is undone, and the next deploy makes it', async () => {
    synth();
    await lab.workspace.terraform(STACK, ['apply', '-auto-approve', '-target=null_resource.kit']);
    const before = await ssh(RULES);
    expect(before).toBe('Status: inactive\npasswordauthentication yes');
    await applyUntilDone();
    expect((await ssh(RULES)).split('\n')).toEqual([
      'Status: active',
      'allow 22/tcp',
      'passwordauthentication no',
    ]);
    expect(await ssh(TIMER)).toBe('active\nbase_os\nkit\nundo');
    // Not after the two minutes, but now.
    expect(
      await ssh(
        'systemctl start pvestack-undo.service; systemctl show --property=Result --value pvestack-undo.service',
      ),
    ).toBe('success');
    expect(await ssh(RULES)).toBe(before);

    const again = await apply();
    expect(did(again)).toEqual(
      expect.arrayContaining([
        'changed  sshd',
        'changed  firewall: allow 22/tcp',
        'proven   sshd and firewall, by a fresh connection',
      ]),
    );
    await nothingToDo();
    expect(await ssh(TIMER)).toBe('inactive\nbase_os\nkit');
  });

  test('the guest is restarted before the fresh connection: undone at its start', async () => {
    synth({ firewall_ports: [443], harden_sshd: false });
    await applyUntilDone();
    expect((await ssh(RULES)).split('\n')).toEqual([
      'Status: active',
      'allow 22/tcp',
      'allow 443/tcp',
      'passwordauthentication yes',
    ]);
    await lab.api('POST', `/nodes/pve/lxc/${GUEST}/status/reboot`);
    await lab.waitForSsh(GUEST);
    expect(await ssh(`systemctl is-system-running --wait >/dev/null; ${RULES}`)).toBe(
      'Status: active\nallow 22/tcp\npasswordauthentication no',
    );
    synth();
    await apply();
    await nothingToDo();
  });

  test('a firewall that lets nobody in is undone, and the deploy says so', async () => {
    const before = await ssh(RULES);
    synth({ firewall_ports: [443] });
    changeKit({
      'base_os/lockout.sh': [['--on-active=120', '--on-active=5']],
      'base_os/firewall.sh': [
        [
          'if firewall_on; then\n    unchanged',
          'ufw insert 1 deny from 10.0.10.1\n  if firewall_on; then\n    unchanged',
        ],
      ],
    });
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([1, output]);
    expect(said({ output }).at(-1)).toBe(
      'base_os: no fresh connection came in time, so sshd and the firewall are as they were before. Deploy again.',
    );
    expect(await ssh(RULES)).toBe(before);

    synth({ firewall_ports: [443] });
    await apply();
    await nothingToDo();
    expect(await ssh(RULES)).toContain('allow 443/tcp');
  });

  test('settings that sshd refuses are taken away again; the running one is untouched', async () => {
    const seen =
      'cat /etc/ssh/sshd_config.d/00-pvestack.conf; systemctl show --property=MainPID --value ssh; sshd -t';
    const before = await ssh(seen);
    synth(
      {},
      template('base_os/sshd.conf.ejs', (text) => `${text}Nonsense yes\n`),
    );
    const { code, output } = await lab.workspace.apply(STACK);
    expect(code).toBe(1);
    expect(unwrapped(output)).toContain(
      'base_os: sshd refuses its settings, and they were taken away again:',
    );
    expect(output).toContain('Nonsense');
    expect(await ssh(seen)).toBe(before);
    synth();
    await apply();
    await nothingToDo();
    expect(await ssh(seen)).toBe(before);
  });
});

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { BAKED } from '../support/app-fixture';
import { did, said } from '../support/deploy';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';
import { type Outcome, unwrapped } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const HOST = '10.0.10.71';
const BASTION = '10.0.10.72';

describeWith([realGuests, providers], 'a host that somebody else made, reached as another user', () => {
  const lab = useRealLab({ lab: BAKED });

  const synth = (options: Record<string, unknown>): void => {
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        guest: { proxmox_guest_type: 'external' },
        app_projects: {
          shop: { app_type: 'none', envs: { dev: { name: 'shop-dev', ip: `${HOST}/24`, ...options } } },
        },
      }),
    );
  };
  const ssh = async (script: string, guest = HOST): Promise<string> => {
    const { code, output } = await lab.ssh(guest, script);
    expect([code, output]).toEqual([0, output]);
    return output.trim();
  };
  const apply = async (...args: string[]): Promise<Outcome> => {
    const outcome = await lab.workspace.apply(STACK, ...args);
    expect([outcome.code, outcome.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    return outcome;
  };
  const nothingToDo = async (): Promise<void> => {
    const { code, output } = await lab.workspace.plan(STACK);
    expect([code, output]).toEqual([0, expect.stringContaining('No changes.')]);
  };

  beforeAll(async () => {
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    const baked = { ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst' };
    await lab.addGuest(371, `${HOST}/24`, baked);
    await lab.addGuest(372, `${BASTION}/24`, baked);
    await ssh(`useradd --create-home --shell /bin/bash debian && install -d -m 0700 -o debian -g debian /home/debian/.ssh
      install -m 0600 -o debian -g debian /root/.ssh/authorized_keys /home/debian/.ssh/authorized_keys`);
  });

  test('sudo that asks for a password is refused, and says what to do', async () => {
    synth({ app_bootstrap_user: 'debian' });
    await ssh(`usermod -aG sudo debian`);
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, said({ output }, 'kit').at(-1)]).toEqual([
      1,
      'kit: debian may not use sudo without a password. Allow it, or connect as root (app_bootstrap_user).',
    ]);
    expect(await ssh('ls -d /var/lib/pvestack 2>/dev/null || echo untouched')).toBe('untouched');
  });

  test('by sudo: configured, nothing to do, and nothing that others could read', async () => {
    await ssh(`echo 'debian ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/debian`);
    const first = await apply();
    expect(did(first)).toContain('proven   sshd and firewall, by a fresh connection');
    expect(did(first)).toEqual(
      expect.arrayContaining(['changed  keys of debian: 1', 'changed  keys of appuser: 1']),
    );
    await nothingToDo();
    const pids = 'systemctl show --property=MainPID ssh cron';
    const before = await ssh(pids);
    expect(did(await apply('-replace=null_resource.base_os'))).toEqual(['done     base_os: nothing to do']);
    expect(await ssh(pids)).toBe(before);
    expect(
      await ssh(
        'stat -c "%a %U" /home/debian/.pvestack; find /home/debian/.pvestack -type f -size +0; ls /tmp | grep -c terraform || true; grep -c BEGIN /home/debian/.ssh/authorized_keys',
      ),
    ).toBe('700 debian\n0\n1');
  });

  test('sudo that wants a terminal, lectures, and an sshd on another port that a socket starts', async () => {
    await ssh(
      `printf 'Defaults requiretty, use_pty, lecture=always\\ndebian ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/debian`,
    );
    await nothingToDo();
    const plan = await lab.workspace.plan(STACK);
    expect(plan.output).not.toContain('Check block assertion failed');

    await ssh(`ufw allow 2222/tcp >/dev/null && echo 'Port 2222' >/etc/ssh/sshd_config.d/50-port.conf
      install -d /etc/systemd/system/ssh.socket.d
      printf '[Socket]\\nListenStream=\\nListenStream=22\\nListenStream=2222\\nAccept=no\\n' >/etc/systemd/system/ssh.socket.d/port.conf
      systemctl daemon-reload; systemctl disable -q --now ssh.service; systemctl enable -q --now ssh.socket`);
    synth({ app_bootstrap_user: 'debian', ssh_port: 2222, harden_sshd: false });
    expect(did(await apply())).toEqual(
      expect.arrayContaining([
        'changed  sshd',
        'removed  firewall: allow 22/tcp',
        'proven   sshd and firewall, by a fresh connection',
      ]),
    );
    await nothingToDo();
    synth({ app_bootstrap_user: 'debian', ssh_port: 2222, firewall_ports: [22] });
    expect(did(await apply())).toContain('changed  sshd');
    await nothingToDo();
    expect(await ssh('systemctl is-active ssh.socket; systemctl --failed --quiet --no-legend')).toBe(
      'active',
    );

    await ssh(`rm -r /etc/ssh/sshd_config.d/50-port.conf /etc/systemd/system/ssh.socket.d
      systemctl daemon-reload; systemctl disable -q --now ssh.socket; systemctl enable -q --now ssh.service`);
    synth({ app_bootstrap_user: 'debian' });
    await apply();
    await nothingToDo();
  });

  test('a key that the host does not know is said in seconds', async () => {
    const key = path.join(lab.workspace.root, 'other-key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const began = Date.now();
    const { code, output } = await lab.workspace.terraform(
      STACK,
      ['apply', '-auto-approve', '-replace=null_resource.kit'],
      { env: { TF_VAR_ssh_private_key_file: key } },
    );
    expect([code, unwrapped(output)]).toEqual([
      1,
      expect.stringContaining(`debian@${HOST} is there, and does not let this key in`),
    ]);
    expect(Date.now() - began).toBeLessThan(60_000);
    await apply();
    await nothingToDo();
  });

  test('drift is seen and mended by sudo, too', async () => {
    await ssh('rm /etc/sudoers.d/pvestack-appuser');
    const plan = await lab.workspace.plan(STACK);
    expect(plan.output).toContain(': missing /etc/sudoers.d/pvestack-appuser"');
    await apply();
    await nothingToDo();
  });

  test('a login that prints something changes nothing in a plan, which names it', async () => {
    await ssh(`sed -i '1i echo "release 12.5"' /home/debian/.bashrc`);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
    expect(unwrapped(plan.output)).toContain(
      'The login of debian prints text where only programs read (it begins: release 12.5).',
    );
    // Terraform takes what is printed for the answer to its upload; why stands beside its error.
    const outcome = await lab.workspace.apply(STACK, '-replace=null_resource.base_os');
    expect([outcome.code, unwrapped(outcome.output)]).toEqual([
      1,
      expect.stringContaining('Uploads of terraform fail of that: let .bashrc and its like print in'),
    ]);
    await ssh(`sed -i 1d /home/debian/.bashrc`);
    await apply();
    await nothingToDo();
  });

  test('a first contact says that nobody checked the host key', async () => {
    const { output } = await apply('-replace=terraform_data.host_key');
    expect(output).toContain(
      `Nobody has checked the host key of ${HOST} at this first contact; it is pinned now.`,
    );
    await nothingToDo();
  });

  // Whatever makes another host answer at the address, to this stack it says that it is another one's.
  const stranger = 'app-mail-dev owner-0123456789ab';
  const everything = `find / -xdev \\( -path /proc -o -path /run -o -path /tmp -o -path /var/log \\) -prune -o -type f -newer /run/before -print`;
  test.each([
    ['as another user', { app_bootstrap_user: 'debian' }],
    ['as root', {}],
    ['through a bastion', { ssh_bastion: { host: BASTION } }],
  ])(
    'a host of another stack: no plan says "No changes", and nothing is sent there, %s',
    async (_how, options) => {
      synth(options);
      const own = await ssh('cat /etc/pvestack/owner');
      expect(own).toMatch(new RegExp(`^${STACK} owner-[0-9a-f]{12}$`));
      await ssh(`echo '${stranger}' >/etc/pvestack/owner; sleep 0.1; touch /run/before`);
      const said = `Another host answers at ${HOST}: it says that it belongs to the stack ${stranger}, and this is ${own}. Nothing was sent to it.`;
      const plan = await lab.workspace.plan(STACK);
      expect([plan.code, unwrapped(plan.output)]).toEqual([1, expect.stringContaining(said)]);
      // Where the plan did not look, the first contact of the deploy does.
      for (const args of [[], ['-var=look_at_guest=false', '-replace=null_resource.kit']]) {
        const deploy = await lab.workspace.apply(STACK, ...args);
        expect([deploy.code, unwrapped(deploy.output)]).toEqual([1, expect.stringContaining(said)]);
      }
      expect(await ssh(everything)).toBe('');
      await ssh(`echo '${own}' >/etc/pvestack/owner`);
      await apply();
      await nothingToDo();
    },
  );

  test('through a bastion: layers and the look', async () => {
    synth({ ssh_bastion: { host: BASTION } });
    await ssh(
      'ufw delete allow 9999/tcp >/dev/null 2>&1; chmod 0777 /usr/local/lib/pvestack/undo; date +%s >/root/before',
    );
    const plan = await lab.workspace.plan(STACK);
    expect(plan.output).toContain(': mode of /usr/local/lib/pvestack/undo"');
    await apply();
    await nothingToDo();
    const from = await ssh(
      `journalctl -q -o cat -t sshd --since "@$(cat /root/before)" | sed -n 's/^Accepted publickey for root from \\([0-9.]*\\) .*/\\1/p' | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'`,
    );
    expect(from).toBe(BASTION);
  });
});

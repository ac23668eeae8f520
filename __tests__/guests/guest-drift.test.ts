import { writeFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { did } from '../support/deploy';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';
import { unwrapped, type Outcome } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const GUEST = 301;

/** A key that nobody has the other half of. */
const STRANGER = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f stranger';

describeWith([realGuests, providers, git], 'drift inside of the guest', () => {
  const lab = useRealLab({ lab: BAKED });
  const repository = new AppRepository();
  let stop: () => void;

  const synth = (changes: Record<string, unknown> = {}, project: Record<string, unknown> = {}): void => {
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        guest: { protection: false, lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst' },
        app_projects: {
          shop: {
            repo: 'git://10.0.10.1/app',
            env_vars: { TITLE: 'Shop', PASSWORD: '{{ vault_password }}' },
            ...project,
            envs: {
              dev: {
                name: 'shop-dev',
                vmid: GUEST,
                ip: '10.0.10.61/24',
                gateway: '10.0.10.1',
                branch: 'dev',
                ...changes,
              },
            },
          },
        },
      }),
    );
  };
  const ssh = async (script: string): Promise<string> => {
    const { code, output } = await lab.ssh(GUEST, script);
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
  const configured = ({ output }: Outcome): string[] =>
    [...output.matchAll(/^null_resource\.(\w+): Creation complete/gm)].map(([, name = '']) => name);

  beforeAll(async () => {
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    lab.workspace.env['TF_VAR_vault_password'] = 'not-a-password-of-anyone';
    stop = await serveGit(lab, repository);
  });
  afterAll(() => {
    stop();
    repository.remove();
  });

  test('there is none after a deploy, and an old Node.js is worth a word', async () => {
    synth();
    const first = await apply();
    expect(did(first)).toContain(
      'warning  Node.js 18 of Debian gets no security fixes from its makers any more: set node_version and node_sha256',
    );
    expect(configured(first)).toEqual(['preflight', 'kit', 'base_os', 'app', 'release']);
    await nothingToDo();
  });

  const BLOCK = '/^# BEGIN pvestack$/,/^# END pvestack$/';
  test.each<[what: string, script: string, layer: string, drift: string, mended: string, expected: string]>([
    [
      'an edited file',
      'echo "Environment=X=1" >>/etc/systemd/system/app-backend.service',
      'app',
      'edited /etc/systemd/system/app-backend.service',
      'grep -c X=1 /etc/systemd/system/app-backend.service || true',
      '0',
    ],
    [
      'another mode',
      'chmod 0777 /etc/pvestack/deploy.conf',
      'app',
      'mode of /etc/pvestack/deploy.conf',
      'stat -c %a /etc/pvestack/deploy.conf',
      '644',
    ],
    [
      'an edited env file',
      'echo MORE=1 >>/srv/app/.env.dev',
      'app',
      'edited /srv/app/.env.dev',
      'grep -c MORE /srv/app/.env.dev || true',
      '0',
    ],
    [
      'a stopped unit',
      'systemctl stop app-frontend',
      'app',
      'not running app-frontend.service',
      'systemctl is-active app-frontend',
      'active',
    ],
    [
      'a disabled unit',
      'systemctl disable --quiet app-backend',
      'app',
      'disabled app-backend.service',
      'systemctl is-enabled app-backend',
      'enabled',
    ],
    [
      'a missing package',
      'dpkg --remove jq >/dev/null',
      'base_os',
      'missing package jq',
      'command -v jq',
      '/usr/bin/jq',
    ],
    [
      'a deleted firewall rule',
      'ufw delete allow 3001/tcp >/dev/null',
      'base_os',
      'missing firewall rule allow 3001/tcp',
      "ufw show added | grep -c 'allow 3001/tcp'",
      '1',
    ],
    [
      'a firewall that is off',
      'ufw disable >/dev/null',
      'base_os',
      'firewall is off',
      'ufw status | head -n 1',
      'Status: active',
    ],
    [
      'a removed key',
      `sed -i '/ops@example.lan/d' /home/appuser/.ssh/authorized_keys`,
      'base_os',
      'keys of appuser',
      'grep -c ops@example.lan /home/appuser/.ssh/authorized_keys',
      '1',
    ],
    [
      'a foreign key inside of our block',
      `sed -i 's|^# END pvestack$|${STRANGER}\\n&|' /root/.ssh/authorized_keys`,
      'base_os',
      'keys of root',
      'grep -c stranger /root/.ssh/authorized_keys || true',
      '0',
    ],
    [
      'another time zone',
      'ln -sfn /usr/share/zoneinfo/Asia/Tokyo /etc/localtime',
      'base_os',
      'link /etc/localtime',
      'date +%Z',
      'UTC',
    ],
  ])('%s is planned, and mended', async (_what, script, layer, drift, mended, expected) => {
    await ssh(script);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([
      2,
      expect.stringContaining('Plan: 1 to add, 0 to change, 1 to destroy.'),
    ]);
    expect(plan.output).toContain(`# null_resource.${layer} must be replaced`);
    expect(plan.output.replace(/ +/g, ' ')).toMatch(
      new RegExp(`"guest" = ".*" -> ".* \\S+Z: ${drift.replace(/[/.]/g, '\\$&')}"`),
    );
    expect(configured(await apply())).toEqual([layer]);
    await nothingToDo();
    expect(await ssh(mended)).toBe(expected);
  });

  test('what is not ours is no drift, and stays', async () => {
    const theirs = `ufw allow 9999/tcp >/dev/null; echo '${STRANGER}' >>/root/.ssh/authorized_keys; echo x >/etc/sudoers.d/.theirs; touch /etc/systemd/system/theirs.service /srv/app/theirs`;
    await ssh(theirs);
    await nothingToDo();
    await apply('-replace=null_resource.base_os', '-replace=null_resource.app');
    expect(
      await ssh(
        `sed '${BLOCK}d' /root/.ssh/authorized_keys | grep -c stranger; ufw show added | grep -c 9999; ls /etc/sudoers.d/.theirs /etc/systemd/system/theirs.service /srv/app/theirs | wc -l`,
      ),
    ).toBe('1\n1\n3');
  });

  test('a guest that does not answer is worth a warning and blocks nothing', async () => {
    await ssh('systemctl stop ssh');
    const { code, output } = await lab.workspace.plan(STACK);
    // Nobody looked, so the layers whose drift was mended before would run once more; of the others nothing.
    expect([code, output]).toEqual([
      2,
      expect.stringContaining('Plan: 2 to add, 0 to change, 2 to destroy.'),
    ]);
    expect(unwrapped(output)).toContain('Check block assertion failed');
    expect(unwrapped(output)).toMatch(
      /root@10\.0\.10\.61 does not let this plan look at the guest: ssh: connect to host 10\.0\.10\.61 port 22: Connection refused/,
    );
    await lab.api('POST', `/nodes/pve/lxc/${GUEST}/status/reboot`);
    await lab.waitForSsh(GUEST);
    await nothingToDo();
  });

  test('nobody looks where that is off, or where the key is not in the environment', async () => {
    const off = await lab.workspace.plan(STACK, '-var=look_at_guest=false');
    expect(off.output).not.toContain('data.external.guest[0]: Reading');
    expect(off.output).not.toContain('Check block assertion failed');
    const file = path.join(lab.workspace.folder(STACK), 'keys.auto.tfvars.json');
    const key = readFileSync(lab.privateKey, 'utf8');
    writeFileSync(file, JSON.stringify({ ssh_private_key: key }));
    const { output } = await lab.workspace.terraform(STACK, ['plan'], {
      env: { TF_VAR_ssh_private_key_file: undefined },
    });
    expect(unwrapped(output)).toContain(
      'ssh_private_key is no environment variable of this plan (TF_VAR_ssh_private_key), so the guest was not looked at.',
    );
    writeFileSync(file, '{}');
    // The same key in the environment: found, and kept nowhere.
    const { code } = await lab.workspace.terraform(STACK, ['plan', '-detailed-exitcode'], {
      env: { TF_VAR_ssh_private_key_file: undefined, TF_VAR_ssh_private_key: key },
    });
    expect(code).toBe(0);
    await apply('-replace=null_resource.app');
    const state = lab.workspace.state(STACK);
    const [, secret = ''] = key.split('\n');
    expect(state).toContain('data.external.guest'.split('.')[1]);
    for (const hidden of [secret, 'not-a-password-of-anyone', 'PRIVATE KEY'])
      expect(state).not.toContain(hidden);
  });

  test('what leaves the inventory leaves the guest', async () => {
    // A file of an older version of a template set, a unit and a link with it.
    const folder = '/var/lib/pvestack/app';
    await ssh(
      `printf 'file\\t/etc/systemd/system/app-old.service\\t0644 root:root x\\nunit\\tapp-old.service\\t\\n' >>${folder}/manifest
       printf '[Service]\\nExecStart=/bin/sleep 1d\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/app-old.service
       # One of a run that failed.
       printf 'file\\t/etc/pvestack/half\\t0644 root:root x\\n' >>${folder}/pending; mkdir -p /etc/pvestack; touch /etc/pvestack/half /etc/pvestack/theirs
       # One that base_os has now.
       printf 'file\\t/etc/apt/apt.conf.d/52pvestack-upgrades\\t0644 root:root x\\n' >>${folder}/manifest
       systemctl daemon-reload; systemctl enable --quiet --now app-old.service`,
    );
    const outcome = await apply();
    expect(configured(outcome)).toEqual(['app']);
    expect(did(outcome, 'app').filter((line) => line.startsWith('removed'))).toEqual([
      'removed  app-old.service',
      'removed  /etc/systemd/system/app-old.service',
      'removed  /etc/pvestack/half',
    ]);
    expect(
      await ssh(
        'systemctl is-active app-old || true; ls /etc/pvestack /etc/apt/apt.conf.d/52pvestack-upgrades',
      ),
    ).toBe(
      'inactive\n/etc/apt/apt.conf.d/52pvestack-upgrades\n\n/etc/pvestack:\ndeploy.conf\nowner\nservices\nsteps.sh\ntheirs',
    );
    await nothingToDo();
  });

  test('an application that leaves the inventory is stopped, and its data stays', async () => {
    synth({}, { app_type: 'none', repo: undefined, env_vars: undefined });
    const plan = await lab.workspace.plan(STACK);
    expect(plan.output).toContain('# null_resource.app will be destroyed');
    const outcome = await apply();
    expect(configured(outcome)).toEqual(['base_os']);
    expect(did(outcome)).toEqual(
      expect.arrayContaining([
        'removed  app-backend.service',
        'removed  /srv/app/.env.dev',
        'removed  /usr/local/bin/deploy_app.sh',
        'removed  firewall: allow 3001/tcp',
      ]),
    );
    expect(
      await ssh(
        'systemctl list-unit-files "app-*" --no-legend | wc -l; ls /var/lib/pvestack; ls /srv/app/theirs',
      ),
    ).toBe('0\nbase_os\nkit\n/srv/app/theirs');
    await nothingToDo();
    synth();
    expect(configured(await apply())).toEqual(['base_os', 'app', 'release']);
    await nothingToDo();
    expect(await ssh('systemctl is-active app-backend app-frontend')).toBe('active\nactive');
  });

  describe('put back to an older backup', () => {
    const PARTS = 'etc home root/.ssh srv/app usr/local var/lib/pvestack var/lib/app';
    const backup = (): Promise<string> => ssh(`tar -C / -cpf /var/backup.tar ${PARTS}`);
    const putBack = async (): Promise<void> => {
      await ssh(
        `systemctl stop 'app-*'; cd / && rm -rf srv/app etc/pvestack etc/systemd/system/app-* var/lib/pvestack && tar -xpf /var/backup.tar`,
      );
      await lab.api('POST', `/nodes/pve/lxc/${GUEST}/status/reboot`);
      await lab.waitForSsh(GUEST);
      // The application runs before anybody plans.
      await ssh('systemctl is-system-running --wait || true');
    };
    /** By layer what a plan says of it. */
    const planned = async (): Promise<Record<string, string>> => {
      const { output } = await lab.workspace.plan(STACK);
      const layers = output.split(/^ {2}# null_resource\.(?=\w+ must be replaced)/m).slice(1);
      return Object.fromEntries(
        layers.map((text) => [
          text.split(' ')[0],
          /"(?:guest|commit)" += .* -> "(?:\d+ [0-9A-F:]+, )?(.*)"/
            .exec(text)?.[1]
            ?.replaceAll(/20\d\d-\S+Z/g, 'TIME'),
        ]),
      );
    };
    const PASSWORD = 'another-password-of-nobody';
    const envFile = (): Promise<string> => ssh('cat /srv/app/.env.dev');

    test('each layer whose content is older is planned, in words, and mended; the second time, too', async () => {
      await backup();
      const commit = repository.commit('newer', { 'backend/version': 'newer' });
      lab.workspace.env['TF_VAR_vault_password'] = PASSWORD;
      const change = { firewall_ports: ['8443/tcp'] };
      synth({ env_vars: { TITLE: 'Store' }, ...change });
      expect(configured(await apply())).toEqual(['base_os', 'app', 'release']);
      await nothingToDo();
      const older = {
        base_os: 'TIME: other firewall',
        app: 'TIME: other /srv/app/.env.dev, secret vault_password',
        release: expect.stringMatching(new RegExp(`^${commit}.*, seen TIME$`)) as string,
      };
      for (let time = 0; time < 2; time += 1) {
        await putBack();
        expect(await envFile()).toContain('Shop');
        expect(await planned()).toEqual(older);
        expect(configured(await apply())).toEqual(['base_os', 'app', 'release']);
        await nothingToDo();
        expect(await envFile()).toBe(`PASSWORD='${PASSWORD}'\nTITLE='Store'`);
        expect(await ssh('ufw show added | grep -c 8443; cat /srv/app/backend/version')).toBe('1\nnewer');
      }
    });

    test('older is only a secret', async () => {
      await backup();
      lab.workspace.env['TF_VAR_vault_password'] = 'not-a-password-of-anyone';
      expect(configured(await apply())).toEqual(['app']);
      await nothingToDo();
      await putBack();
      expect(await planned()).toEqual({ app: 'TIME: other secret vault_password' });
      expect(configured(await apply())).toEqual(['app']);
      await nothingToDo();
      expect(await envFile()).toContain('not-a-password-of-anyone');
      synth();
      expect(configured(await apply())).toEqual(['base_os', 'app']);
      await nothingToDo();
    });

    test('older is only drift that was mended once, and the same file', async () => {
      await ssh('echo MORE=1 >>/srv/app/.env.dev');
      await backup();
      expect(configured(await apply())).toEqual(['app']);
      await nothingToDo();
      await putBack();
      expect(await planned()).toEqual({ app: 'TIME: edited /srv/app/.env.dev' });
      expect(configured(await apply())).toEqual(['app']);
      await nothingToDo();
    });
  });

  test('resized and renamed: not configured again', async () => {
    synth({ name: 'shop-new', guest: { memory: 1024, cores: 1 } });
    const outcome = await apply();
    expect(configured(outcome)).toEqual([]);
    await lab.waitForSsh(GUEST);
    await nothingToDo();
    expect(await ssh('hostname')).toBe('shop-new');
  });

  test('re-addressed: planned where it is, reached where it will be, not configured again', async () => {
    synth({ ip: '10.0.10.62/24' });
    const plan = await lab.workspace.plan(STACK);
    expect(plan.output).not.toContain('Check block assertion failed');
    expect(plan.code).toBe(2);
    expect(configured(await apply())).toEqual(['preflight', 'kit']);
    await nothingToDo();
    await ssh('systemctl stop app-backend');
    expect(configured(await apply())).toEqual(['app']);
    expect(await ssh('hostname -I; systemctl is-active app-backend')).toBe('10.0.10.62 \nactive');
    synth();
    await apply();
    await nothingToDo();
  });

  test.each([
    [
      'deleted outside',
      async () => {
        await lab.api('POST', `/nodes/pve/lxc/${GUEST}/status/stop`);
        await lab.api('DELETE', `/nodes/pve/lxc/${GUEST}`);
        return apply();
      },
    ],
    ['replaced', async () => apply('-replace=proxmox_virtual_environment_container.guest')],
  ])('%s: configured again, in order', async (_what, redo) => {
    expect(configured(await redo())).toEqual(expect.arrayContaining(['base_os', 'app', 'release']));
    await lab.waitForSsh(GUEST);
    await nothingToDo();
    expect(await ssh('systemctl is-active app-backend app-frontend; ufw status | head -n 1')).toBe(
      'active\nactive\nStatus: active',
    );
  });

  test('re-created by hand under the same VMID, as a guest of ours: configured again', async () => {
    const config = (await lab.api('GET', `/nodes/pve/lxc/${GUEST}/config`)) as Record<string, string>;
    await lab.api('POST', `/nodes/pve/lxc/${GUEST}/status/stop`);
    await lab.api('DELETE', `/nodes/pve/lxc/${GUEST}`);
    await lab.addGuest(GUEST, '10.0.10.61/24', {
      ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst',
      hostname: 'shop-dev',
      tags: config['tags'] ?? '',
    });
    // With the pin of the one before it, it is another host.
    const refused = await lab.workspace.plan(STACK);
    expect([refused.code, unwrapped(refused.output)]).toEqual([
      1,
      expect.stringContaining('Another host key answers at 10.0.10.61 than at the first contact.'),
    ]);
    const tags = config['tags']?.split(';').filter((tag) => !tag.startsWith('hostkey-'));
    await lab.api('PUT', `/nodes/pve/lxc/${GUEST}/config`, { tags: tags?.join(';') });
    const plan = await lab.workspace.plan(STACK);
    expect(plan.output.replace(/ +/g, ' ')).toMatch(/-> "\S+Z: not configured"/);
    expect(configured(await apply())).toEqual(['kit', 'base_os', 'app', 'release']);
    await nothingToDo();
    expect(await ssh('systemctl is-active app-backend app-frontend')).toBe('active\nactive');
  });
});

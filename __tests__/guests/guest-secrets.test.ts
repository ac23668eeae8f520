import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TOKEN } from 'proxmox-emulator';
import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped } from '../support/workspace';

// The first test of a machine builds the base images.
jest.setTimeout(900_000);

const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.42';
const BASTION = '10.0.10.43';

/** Values that run a command wherever they are not quoted. */
const ATTACKS = [
  `x'; touch /pwned; '"$(touch /pwned)`,
  "x\nPVESTACK_END\ntouch /pwned\n`touch /pwned`\ncat <<'PVESTACK_END'\n",
  '-oProxyCommand=touch${IFS}/pwned ${file("/etc/passwd")} %{if true}',
];
/** The same where a URL or a branch can hold it. */
const TIGHT = `x';touch\${IFS}/pwned;'"$(touch\${IFS}/pwned)\`touch\${IFS}/pwned\``;
/** The same in the name of a file. */
const FILE_NAME = `key'; touch pwned; '"$(touch pwned)\`touch pwned\` %h`;

const SECRET = 'MARKER-c3VwZXIg-';

describeWith(
  [realGuests, providers, git, command('curl'), command('ssh-keygen')],
  'what only variables hold, on a real guest',
  () => {
    const lab = useRealLab({ lab: BAKED });
    const repository = new AppRepository();
    let stop = (): void => undefined;
    let variables: Record<string, string>;

    beforeAll(async () => {
      repository.git('branch', '--move', TIGHT);
      execFileSync('git', [
        'clone',
        '--quiet',
        '--bare',
        repository.folder,
        path.join(repository.base, TIGHT),
      ]);
      stop = await serveGit(lab, repository);
      const keyFile = path.join(lab.workspace.root, FILE_NAME);
      copyFileSync(lab.privateKey, keyFile);
      const [tokenId = '', tokenSecret = ''] = DEFAULT_TOKEN.split('=');
      variables = {
        ssh_private_key_file: keyFile,
        vault_host: lab.emulator.url,
        vault_token_id: tokenId,
        vault_token_secret: tokenSecret,
        vault_node: 'pve',
        vault_user: 'root',
        vault_key: `${lab.publicKey} ${ATTACKS[0] ?? ''}`,
        vault_bastion: BASTION,
        vault_bastion_user: 'root',
        vault_package: 'jq',
        vault_template: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst',
        vault_storage: 'local-lvm',
        vault_bridge: 'vmbr0',
        vault_dns: '10.0.10.1',
        vault_domain: 'example.lan',
        vault_description: ATTACKS.join('\n'),
        vault_repo: `git://10.0.10.1/${TIGHT}`,
        vault_branch: TIGHT,
        vault_deploy_key: newKey('one'),
        vault_known_hosts: ATTACKS[1] ?? '',
        vault_a: ATTACKS[0] ?? '',
        vault_b: ATTACKS[1] ?? '',
        vault_c: ATTACKS[2] ?? '',
        vault_secret: `${SECRET}one`,
      };
    });
    afterAll(() => {
      stop();
      repository.remove();
    });

    /** A private key for a test. */
    const newKey = (name: string): string => {
      const file = path.join(lab.workspace.root, name);
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'deploy@example.lan', '-f', file]);
      return readFileSync(file, 'utf8');
    };
    const terraform = (
      args: readonly string[],
      given: Record<string, string> = variables,
      options: Parameters<typeof lab.workspace.terraform>[2] = {},
    ) => {
      const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [`TF_VAR_${name}`, value]));
      return lab.workspace.terraform(STACK, args, { ...options, env: { ...env, ...options.env } });
    };
    const synth = (
      more: {
        top?: Record<string, unknown>;
        project?: Record<string, unknown>;
        guest?: Record<string, unknown>;
      } = {},
    ): void => {
      lab.workspace.synth(
        JSON.stringify({
          proxmox_host: '{{ vault_host }}',
          proxmox_token_id: '{{ vault_token_id }}',
          proxmox_token_secret: '{{ vault_token_secret }}',
          proxmox_node: '{{ vault_node }}',
          app_bootstrap_user: '{{ vault_user }}',
          ssh_public_keys: ['{{ vault_key }}'],
          ssh_bastion: { host: '{{ vault_bastion }}', user: '{{ vault_bastion_user }}' },
          packages: ['{{ vault_package }}'],
          guest: {
            lxc_ostemplate: '{{ vault_template }}',
            disk_storage: '{{ vault_storage }}',
            bridge: '{{ vault_bridge }}',
            nameservers: ['{{ vault_dns }}'],
            searchdomain: '{{ vault_domain }}',
            description: '{{ vault_description }}',
            ...more.guest,
          },
          ...more.top,
          app_projects: {
            shop: {
              repo: '{{ vault_repo }}',
              git_deploy_key: '{{ vault_deploy_key }}',
              git_known_hosts: ['{{ vault_known_hosts }}'],
              env_vars: {
                A: '{{ vault_a }}',
                B: '{{ vault_b }}',
                C: 'in {{ vault_c }} between',
                SECRET: '{{ vault_secret }}',
                URL: 'postgresql://shop:{{ vault_secret }}@localhost/shop',
              },
              ...more.project,
              envs: {
                dev: {
                  name: 'shop-of-secrets',
                  vmid: 342,
                  ip: `${ADDRESS}/24`,
                  gateway: '10.0.10.1',
                  branch: '{{ vault_branch }}',
                },
              },
            },
          },
        }),
      );
    };
    const pwned = async (guest: string): Promise<string> =>
      (await lab.ssh(guest, 'find / -xdev -name "*pwned*" -not -path "/srv/app/repo.git/*" | head')).output;
    const nothingRan = (): void => {
      expect([existsSync('/pwned'), existsSync('pwned')]).toEqual([false, false]);
      expect(readdirSync(lab.workspace.folder(STACK))).not.toContain('pwned');
    };

    test.each(ATTACKS)('every variable refuses or bears %j', async (attack) => {
      synth({
        top: {
          ssh_host_key: '{{ vault_host_key }}',
          ssh_bastion: {
            host: '{{ vault_bastion }}',
            user: '{{ vault_bastion_user }}',
            host_key: '{{ vault_bastion_key }}',
          },
          proxmox_ca_file: '{{ vault_ca }}',
        },
        guest: {
          mount_points: [{ path: '{{ vault_path }}', volume: '{{ vault_volume }}', size: 1 }],
          lxc_password: '{{ vault_password }}',
          allow_password_in_state: true,
        },
      });
      const { variable } = JSON.parse(lab.workspace.json(STACK)) as {
        variable: Record<string, { type: string; validation?: unknown[] }>;
      };
      const names = Object.keys(variable).filter((name) => variable[name]?.type === 'string');
      expect(names.filter((name) => !variable[name]?.validation)).toEqual([]);
      const { code, output } = await terraform(
        ['plan'],
        Object.fromEntries(names.map((name) => [name, attack])),
      );
      expect(code).toBe(1);
      const said = unwrapped(output);
      const borne = names
        .filter((name) => !new RegExp(` ${name} (is |holds |has |stands )`).test(said))
        .sort();
      const isLine = !attack.includes('\n');
      expect(borne).toEqual(
        [
          'vault_a',
          'vault_b',
          'vault_c',
          'vault_description',
          ...(isLine ? ['vault_ca', 'vault_password', 'vault_token_secret', 'ssh_private_key_file'] : []),
          'vault_known_hosts',
          'vault_secret',
        ].sort(),
      );
      nothingRan();
    });

    test('a deploy with such values runs none of them', async () => {
      await lab.addGuest(343, `${BASTION}/24`);
      synth();
      const plan = await terraform(['plan']);
      expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('Plan: ')]);
      expect(plan.output).not.toContain(SECRET);
      const spy = watchCommandLines([SECRET, keyLine('one')]);
      const apply = await terraform(['apply', '-auto-approve']);
      expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
      expect(await spy.stop()).toEqual([]);
      const env = await lab.exec('curl', ['-sS', `http://${ADDRESS}:3001/env`]);
      expect(JSON.parse(env.output)).toMatchObject({
        A: variables['vault_a'],
        B: variables['vault_b'],
        C: `in ${variables['vault_c'] ?? ''} between`,
        SECRET: `${SECRET}one`,
        URL: `postgresql://shop:${SECRET}one@localhost/shop`,
      });
      expect([await pwned(ADDRESS), await pwned(BASTION)]).toEqual(['', '']);
      nothingRan();
      const again = await terraform(['plan', '-detailed-exitcode']);
      expect([again.code, again.output]).toEqual([0, expect.stringContaining('No changes.')]);
      nothingRan();
      seen.push(plan.output, apply.output, again.output);
    });

    /** All that terraform printed. */
    const seen: string[] = [];
    const keyLine = (name: string): string =>
      readFileSync(path.join(lab.workspace.root, name), 'utf8').split('\n')[2] ?? '';

    /** Looks at the command lines of all processes, those of guests as well, until it is stopped. */
    const watchCommandLines = (markers: readonly string[]) => {
      const program = `
        const fs = require('node:fs');
        const markers = JSON.parse(process.env.MARKERS);
        const seen = new Set();
        const look = () => {
          for (const pid of fs.readdirSync('/proc')) {
            if (!/^[0-9]+$/.test(pid)) continue;
            try {
              const line = fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8');
              if (markers.some((marker) => line.includes(marker))) seen.add(line.split('\\0').join(' ').slice(0, 200));
            } catch {}
          }
        };
        const timer = setInterval(look, 10);
        process.stdin.on('data', () => { clearInterval(timer); look(); console.log(JSON.stringify([...seen])); process.exit(0); });
      `;
      const spy = spawn(process.execPath, ['-e', program], {
        env: { ...process.env, MARKERS: JSON.stringify([...markers, 'control-of-the-spy']) },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let output = '';
      spy.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      return {
        /** @returns the command lines that held a marker */
        stop: async (): Promise<string[]> => {
          // It would have seen one.
          const control = spawn('sleep', ['1'], { argv0: 'control-of-the-spy' });
          await sleep(400);
          control.kill();
          spy.stdin.end('stop\n');
          await new Promise((resolve) => spy.on('close', resolve));
          const lines = JSON.parse(output) as string[];
          expect(lines.some((line) => line.includes('control-of-the-spy'))).toBe(true);
          return lines.filter((line) => !line.includes('control-of-the-spy'));
        },
      };
    };

    /** The files of the guest that hold a marker: all, and those that anybody may read. */
    const filesWith = async (
      ...markers: string[]
    ): Promise<{ all: string[]; open: string[]; journal: string }> => {
      const patterns = markers.map((marker) => `-e '${marker}'`).join(' ');
      const where =
        '--exclude-dir=proc --exclude-dir=sys --exclude-dir=usr --exclude-dir=dev --devices=skip -rlsF';
      const list = async (prefix: string): Promise<string[]> =>
        (await lab.ssh(ADDRESS, `${prefix} grep ${where} ${patterns} / /usr/local /dev/shm`)).output
          .split('\n')
          .filter(Boolean)
          .sort();
      return {
        all: await list(''),
        open: await list('setpriv --reuid=65534 --regid=65534 --clear-groups'),
        journal: (await lab.ssh(ADDRESS, `journalctl -q -o cat | grep -cF ${patterns}`)).output.trim(),
      };
    };
    const onlyInPlace = {
      all: ['/etc/pvestack/deploy_key', '/srv/app/.env.dev'],
      open: [],
      journal: '0',
    };
    const pids = async (): Promise<string> =>
      (await lab.ssh(ADDRESS, 'systemctl show -p MainPID --value app-backend app-frontend')).output;
    /** The triggers that a plan changes. */
    const triggers = (plan: string): string[] =>
      [...plan.matchAll(/^ +[-+~] ("[^"]+") += /gm)].map(([, name = '']) => name);

    test('secrets are nowhere but where they belong', async () => {
      const state = lab.workspace.state(STACK);
      for (const text of [...seen, state, lab.workspace.json(STACK)]) {
        expect(text).not.toContain(SECRET);
        expect(text).not.toContain(keyLine('one'));
      }
      expect(await filesWith(SECRET, keyLine('one'))).toEqual(onlyInPlace);
    });

    test('a changed secret is seen by its name, and restarts what reads it', async () => {
      // From here on as root without doubt, to whose home uploads go directly.
      synth({ top: { app_bootstrap_user: 'root' } });
      const before = await pids();
      variables['vault_secret'] = `${SECRET}two`;
      const plan = await terraform(['plan']);
      expect(triggers(plan.output)).toEqual(['"secret vault_secret"']);
      // Anybody on the guest looks for it while it arrives.
      const look = `setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'end=$(($(date +%s) + 600)); while [ ! -e /tmp/stop-looking ] && [ "$(date +%s)" -lt "$end" ]; do grep -rlsF ${SECRET} /root /home /run /tmp /var/tmp /dev/shm /srv /etc/pvestack /var/lib/pvestack /var/log; sleep 0.02; done; echo looked'`;
      const looking = lab.ssh(ADDRESS, look);
      const spy = watchCommandLines([`${SECRET}two`]);
      const apply = await terraform(['apply', '-auto-approve'], variables, { env: { TF_LOG: 'INFO' } });
      expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
      expect(apply.output).toContain('[INFO]');
      expect(apply.output).not.toContain(SECRET);
      expect(await spy.stop()).toEqual([]);
      await lab.ssh(ADDRESS, 'touch /tmp/stop-looking');
      expect((await looking).output).toBe('looked\n');
      const after = await pids();
      expect(before.split('\n\n').filter((pid) => after.includes(pid))).toEqual([]);
      const env = await lab.exec('curl', ['-sS', `http://${ADDRESS}:3001/env`]);
      expect(env.output).toContain(`${SECRET}two`);
      expect(await filesWith(SECRET, keyLine('one'))).toEqual(onlyInPlace);
    });

    test('a changed deploy key restarts nothing', async () => {
      const before = await pids();
      variables['vault_deploy_key'] = newKey('two');
      const plan = await terraform(['plan']);
      expect(triggers(plan.output)).toEqual(['"secret vault_deploy_key"']);
      const apply = await terraform(['apply', '-auto-approve']);
      expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
      expect(await pids()).toBe(before);
      expect(await filesWith(SECRET, keyLine('two'))).toEqual(onlyInPlace);
      expect(await filesWith(keyLine('one'))).toEqual({ all: [], open: [], journal: '0' });
    });

    test('a deploy that fails leaves no secret behind', async () => {
      await lab.ssh(ADDRESS, 'rm /srv/app/backend && mkdir /srv/app/backend && touch /srv/app/backend/mine');
      variables['vault_secret'] = `${SECRET}three`;
      const failed = await terraform(['apply', '-auto-approve']);
      expect([failed.code, failed.output]).toEqual([
        1,
        expect.stringContaining('/srv/app/backend is in the way'),
      ]);
      expect(failed.output).not.toContain(SECRET);
      expect(lab.workspace.state(STACK)).not.toContain(SECRET);
      // What was there before is kept for root alone, until a deploy is through.
      const copies = onlyInPlace.all.map((file) => `/var/lib/pvestack/app/before${file}`);
      expect(await filesWith(SECRET, keyLine('two'))).toEqual({
        ...onlyInPlace,
        all: [...onlyInPlace.all, ...copies],
      });
      await lab.ssh(ADDRESS, 'rm -r /srv/app/backend');
      const apply = await terraform(['apply', '-auto-approve']);
      expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
      expect(await filesWith(SECRET, keyLine('two'))).toEqual(onlyInPlace);
    });

    test('an interrupted upload is for nobody to read, and gone after the next deploy', async () => {
      variables['vault_secret'] = `${SECRET}four`;
      const root = rootOf('shop-of-secrets');
      let kill: (signal: NodeJS.Signals) => void = () => undefined;
      const running = terraform(['apply', '-auto-approve'], variables, { onStart: (end) => (kill = end) });
      let ended = false;
      void running.then(() => (ended = true));
      const upload = path.join(root, 'root/.pvestack-app.secrets');
      while (!ended && !existsSync(upload)) await sleep(1);
      kill('SIGKILL');
      const { code, output } = await running;
      expect([code, output]).toEqual([null, expect.not.stringContaining(SECRET)]);
      // What was uploaded is unreadable for others; what ran on, if it ran already, ends.
      await lab.ssh(ADDRESS, 'flock /run/pvestack.lock true');
      expect((await filesWith(SECRET)).open).toEqual([]);
      expect(await modeOf('/root')).toBe('700 root');
      rmSync(path.join(lab.workspace.root, 'state', `.${STACK}.tfstate.lock.info`), { force: true });
      const apply = await terraform(['apply', '-auto-approve']);
      expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
      expect(await filesWith(SECRET, keyLine('two'))).toEqual(onlyInPlace);
    });

    test('another bootstrap user than root keeps them as well', async () => {
      synth();
      variables = { ...variables, vault_user: 'appuser', vault_secret: `${SECRET}five` };
      const spy = watchCommandLines([`${SECRET}five`]);
      const apply = await terraform(['apply', '-auto-approve']);
      expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
      expect(await spy.stop()).toEqual([]);
      expect(await modeOf('/home/appuser/.pvestack')).toBe('700 appuser');
      expect(await filesWith(SECRET, keyLine('two'))).toEqual(onlyInPlace);
      const env = await lab.exec('curl', ['-sS', `http://${ADDRESS}:3001/env`]);
      expect(env.output).toContain(`${SECRET}five`);
      expect(lab.workspace.state(STACK)).not.toContain(SECRET);
      const plan = await terraform(['plan', '-detailed-exitcode']);
      expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
    });

    const modeOf = async (file: string): Promise<string> =>
      (await lab.ssh(ADDRESS, `stat -c '%a %U' ${file}`)).output.trim();
    /** The root of a guest's file system, as this machine sees it. */
    const rootOf = (hostname: string): string => {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          const root = `/proc/${pid}/root`;
          // Not that of a service, from which systemd hides homes.
          const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
          if (name !== 'systemd' && name !== 'init') continue;
          if (readFileSync(path.join(root, 'etc/hostname'), 'utf8').trim() === hostname) return root;
        } catch {
          // A process that is gone, or a kernel thread.
        }
      }
      throw new Error(`no process of ${hostname}`);
    };
  },
);

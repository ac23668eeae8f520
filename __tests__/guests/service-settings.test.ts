import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(900_000);

const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.65';

/** It says what it and its build see, counts its starts in a folder that stays, and ends where it is told to. */
const APP = {
  'package.json':
    '{"name": "shop", "version": "1.0.0", "scripts": {"start": "node server.js", "build": "node build.js"}}',
  'uploads/seed': 'of the repository',
  'build.js': `const { TITLE, BUILD_TOKEN, API_TOKEN } = process.env;
require('fs').writeFileSync('built', [TITLE, BUILD_TOKEN, API_TOKEN].join(' '));
console.log(BUILD_TOKEN);
`,
  'server.js': `const fs = require('fs');
if (process.env.CRASH) process.exit(3);
fs.appendFileSync('uploads/starts', 'x');
require('http').createServer((q, r) => {
  const { TITLE, COLOUR, BUILD_TOKEN, API_TOKEN } = process.env;
  r.end([TITLE, COLOUR, BUILD_TOKEN, API_TOKEN, '|', fs.readFileSync('built', 'utf8'), '|', fs.readdirSync('uploads').sort()].join(' '));
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
`,
};

describeWith([realGuests, providers, git, command('curl')], 'what a service has of its own', () => {
  const lab = useRealLab({ lab: BAKED });
  const repository = new AppRepository('dev', APP);
  let stop = (): void => undefined;

  const WEB = {
    port: 8001,
    env_vars: { COLOUR: 'blue', TITLE: 'of the service', API_TOKEN: '{{ vault_api }}' },
    build_env_vars: { BUILD_TOKEN: '{{ vault_build }}' },
    shared_paths: ['uploads', '.cache/images'],
  };
  const synth = (web: object, more: Record<string, unknown> = {}): void => {
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        guest: { lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst', protection: false },
        app_projects: {
          shop: {
            repo: 'git://10.0.10.1/app',
            health_timeout: 5,
            env_vars: { TITLE: 'of all', COLOUR: 'red' },
            services: { web: { ...WEB, ...web }, idle: { start: 'node -e setInterval(Date,1000)' } },
            ...more,
            envs: {
              dev: { name: 'shop-dev', vmid: 365, ip: `${ADDRESS}/24`, gateway: '10.0.10.1', branch: 'dev' },
            },
          },
        },
      }),
    );
  };
  const ssh = async (script: string): Promise<string> => {
    const { code, output } = await lab.ssh(ADDRESS, script);
    expect([code, output]).toEqual([0, output]);
    return output.trim();
  };
  const get = async (port = 8001): Promise<string> =>
    (await lab.exec('curl', ['-s', '-m', '3', `http://${ADDRESS}:${port}/`])).output;
  const apply = async (): Promise<string> => {
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
    return output;
  };

  beforeAll(async () => {
    Object.assign(lab.workspace.env, {
      TF_VAR_ssh_private_key_file: lab.privateKey,
      TF_VAR_vault_api: 'api-secret-1',
      TF_VAR_vault_build: 'build-secret-1',
    });
    stop = await serveGit(lab, repository);
  });
  afterAll(() => {
    stop();
    repository.remove();
  });

  test('its environment, what only its build sees, and folders that stay', async () => {
    synth({});
    const output = await apply();
    expect(await get()).toBe(
      'of the service blue  api-secret-1 | of the service build-secret-1  | seed,starts',
    );
    expect(output).not.toMatch(/(api|build)-secret/);
    expect(
      await ssh(
        'cd /srv/app && ls -l .env.dev.web | cut -c 1-10; readlink current/uploads current/.cache/images',
      ),
    ).toBe('-rw-r-----\n/var/lib/app/shared/web/uploads\n/var/lib/app/shared/web/.cache/images');
    expect(
      await ssh('systemctl show -p Environment -p EnvironmentFiles app-idle | grep -c dev.web || true'),
    ).toBe('0');
  });

  test('a changed value of the build builds the commit that runs again, and what stays is there', async () => {
    lab.workspace.env['TF_VAR_vault_build'] = 'build-secret-2';
    repository.commit('other uploads', { 'uploads/seed': 'another', 'uploads/new': '' });
    repository.undo();
    const output = await apply();
    expect(output).toContain('is built with the values and commands that the inventory has now');
    expect(await get()).toBe(
      'of the service blue  api-secret-1 | of the service build-secret-2  | seed,starts',
    );
    expect(await ssh('cat /var/lib/app/shared/web/uploads/starts')).toMatch(/^xx+$/);
  });

  // The application runs on, whatever was tried.
  test.each<[string, object, RegExp]>([
    ['a command that ends at once', { start: 'node -e process.exit(7)' }, /app-web\.service: it ended/],
    [
      'a value that it ends for',
      { env_vars: { ...WEB.env_vars, CRASH: 'yes' } },
      /app-web\.service: it ended/,
    ],
    ['a port that somebody has', { port: 22022 }, /app-web\.service: it ended/],
    [
      'a command that listens on another port',
      { start: 'env PORT=8009 npm start' },
      /nothing answered on port 8001/,
    ],
    [
      'an instance more on a port that somebody has',
      { port: 22021, count: 2 },
      /app-web@22022\.service: it ended/,
    ],
  ])('%s is undone', async (_what, web, said) => {
    await ssh(
      'systemctl is-active -q somebody || systemd-run -q --unit=somebody node -e "require(\'net\').createServer().listen(22022)"',
    );
    const before = await get();
    synth(web);
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([1, expect.stringMatching(said)]);
    expect(unwrapped(output)).toContain(
      'the application did not run with what was just deployed, so this is undone: it runs with what was there before. What was tried is in /var/lib/pvestack/app/tried.',
    );
    expect(await get()).toBe(before);
    expect(await ssh('systemctl is-active app-web app-idle; ls -A /var/lib/pvestack/app/tried')).toMatch(
      /^active\nactive\n(etc|srv)/,
    );
    // What deviates is what was tried: it is still to be made.
    const again = await lab.workspace.plan(STACK);
    expect([again.code, again.output]).toEqual([
      2,
      expect.stringMatching(/"guest" += .*: other .*(web|services)/),
    ]);
    synth({});
    await apply();
    expect(await get()).toBe(before);
    expect(
      await ssh(
        "ls /var/lib/pvestack/app; systemctl list-units --all --plain --no-legend 'app-web*' | wc -l",
      ),
    ).not.toMatch(/tried|before|undone|[2-9]$/);
  });

  test('what leaves it leaves its process', async () => {
    synth({ env_vars: {}, build_env_vars: {} });
    await apply();
    expect(await get()).toBe('of all red   | of all   | seed,starts');
    expect(
      await ssh(
        'ls -A /srv/app /etc/pvestack /etc/systemd/system | grep -c -e dev.web -e build_env -e "web.service.d" || true',
      ),
    ).toBe('0');
  });

  test('a file of the repository in the way is refused by name', async () => {
    repository.commit('no folder', { uploads: undefined });
    repository.commit('a file', { uploads: 'a file' });
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([
      1,
      expect.stringContaining('uploads is a file in the repository, and shared_paths are folders'),
    ]);
    expect(await get()).toBe('of all red   | of all   | seed,starts');
  });
});

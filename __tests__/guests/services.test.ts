import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(900_000);

const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.64';

/** One repository with its package.json at the root, from which all services start. */
const APP = {
  'package.json': '{"name": "shop", "version": "1.0.0", "scripts": {"start": "node server.js"}}',
  version: 'one',
  'server.js': `const version = require('fs').readFileSync('version', 'utf8');
require('http').createServer((q, r) => {
  r.statusCode = q.url === '/up' && q.headers.host !== 'shop.example.lan' ? 400 : 200;
  r.end([version, process.env.PORT, process.env.WHO].join(' '));
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
`,
  'worker.js': `const fs = require('fs');
fs.appendFileSync('/var/lib/app/worker', [fs.readFileSync('version', 'utf8'), process.env.INSTANCE, process.env.PORT].join(' ') + '\\n');
if (fs.existsSync('crash')) setTimeout(() => process.exit(3), 1500);
process.on('SIGINT', () => { fs.appendFileSync('/var/lib/app/worker', 'SIGINT\\n'); process.exit(0); });
setInterval(() => {}, 1000);
`,
};

describeWith([realGuests, providers, git, command('curl')], 'the services that an inventory lists', () => {
  const lab = useRealLab({ lab: BAKED });
  const repository = new AppRepository('dev', APP);
  let stop = (): void => undefined;

  const synth = (services: Record<string, object>, more: Record<string, unknown> = {}): void => {
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        guest: { lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst', protection: false },
        app_projects: {
          shop: {
            repo: 'git://10.0.10.1/app',
            health_timeout: 10,
            services,
            ...more,
            envs: {
              dev: { name: 'shop-dev', vmid: 364, ip: `${ADDRESS}/24`, gateway: '10.0.10.1', branch: 'dev' },
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
  const get = async (port: number): Promise<string> =>
    (await lab.exec('curl', ['-s', '-m', '3', `http://${ADDRESS}:${port}/`])).output;
  const apply = async (): Promise<string> => {
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
    return output;
  };
  const refused = async (): Promise<string> => {
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([1, expect.stringContaining('Error:')]);
    return unwrapped(output);
  };
  /** The units of services that systemd knows, and what becomes of each. */
  const units = async (): Promise<string[]> =>
    (
      await ssh(
        "systemctl list-units --all --plain --no-legend 'app-*' | awk '{ print $1, $3, $4 }' | grep -v '\\.slice' | sort",
      )
    ).split('\n');

  const WEB = { port: 8001, health_path: '/up', health_host: 'shop.example.lan' };
  const MAIL = { start: 'node worker.js', stop_signal: 'SIGINT' };

  beforeAll(async () => {
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    stop = await serveGit(lab, repository);
  });
  afterAll(() => {
    stop();
    repository.remove();
  });

  test('instances and workers run, each with what is its own', async () => {
    synth({
      web: { ...WEB, count: 2, memory: 200, cpus: 0.5 },
      mail: { ...MAIL, count: 2 },
      once: { start: 'node -e 0', restart: 'no' },
    });
    await apply();
    expect(await units()).toEqual([
      'app-mail@1.service active running',
      'app-mail@2.service active running',
      'app-once.service inactive dead',
      'app-web@8001.service active running',
      'app-web@8002.service active running',
    ]);
    expect([await get(8001), await get(8002)]).toEqual(['one 8001 ', 'one 8002 ']);
    expect(await ssh('sort /var/lib/app/worker')).toBe('one 1 \none 2');
    expect(
      await ssh(`systemctl show -p MemoryMax -p CPUQuotaPerSecUSec -p ProtectSystem -p User app-web@8002
        systemctl show -p KillSignal app-mail@1
        deploy_app.sh --health | cut -d ' ' -f 2`),
    ).toBe(
      'CPUQuotaPerSecUSec=500ms\nMemoryMax=209715200\nUser=app\nProtectSystem=strict\nKillSignal=2\nanswers',
    );
  });

  test('an instance that somebody stopped is drift, a worker that came to its end is not', async () => {
    await ssh('systemctl stop app-mail@2');
    const { code, output } = await lab.workspace.plan(STACK);
    expect([code, output]).toEqual([2, expect.stringContaining('not running app-mail@2.service')]);
    expect(unwrapped(output)).not.toContain('app-once');
    await apply();
  });

  test('a release: one instance is tried, and all are switched', async () => {
    repository.commit('two', { version: 'two' });
    await apply();
    expect([await get(8001), await get(8002)]).toEqual(['two 8001 ', 'two 8002 ']);
    expect(await ssh('tail -n 4 /var/lib/app/worker | sort')).toBe('SIGINT\nSIGINT\ntwo 1 \ntwo 2');
  });

  test('fewer instances, and none with a number', async () => {
    synth({ web: { ...WEB }, mail: { ...MAIL, count: 3 } });
    const said = await apply();
    expect(said).toContain('removed  app-web@8002.service');
    expect(await units()).toEqual([
      'app-mail@1.service active running',
      'app-mail@2.service active running',
      'app-mail@3.service active running',
      'app-web.service active running',
    ]);
    expect([await get(8001), await get(8002)]).toEqual(['two 8001 ', '']);
    expect(
      await ssh(
        "ls /etc/systemd/system /etc/systemd/system/multi-user.target.wants | grep -c 'app-web@' || true",
      ),
    ).toBe('0');
    expect(await ssh("ufw show added | grep -c 'allow 800' || true")).toBe('1');
  });

  test('a release whose worker does not stay up is not the one that runs', async () => {
    repository.commit('crash', { version: 'three', crash: '' });
    const said = await refused();
    expect(said).toMatch(/start of \w{7} failed\. \w{7} is back and answers\./);
    expect(said).toContain('app-mail@1.service: it ended');
    expect(await get(8001)).toBe('two 8001 ');
    expect((await units()).every((line) => line.endsWith('active running'))).toBe(true);
    repository.undo();
  });

  test('a service in a folder that the repository has not is refused by name', async () => {
    synth({ web: WEB, mail: MAIL, api: { dir: 'services/api', port: 9000 } });
    const said = await refused();
    expect(said).toContain('waits app-api.service: for the release that is built with it');
    expect(said).toContain('the repository has no folder services/api, which the service api is in');
    expect(await get(8001)).toBe('two 8001 ');
  });

  test('one that is new is built and started with the release that has it', async () => {
    repository.commit('api', {
      'services/api/package.json':
        '{"name": "api", "version": "1.0.0", "scripts": {"build": "cp ../../server.js built.js && cp ../../version .", "start": "node built.js"}}',
    });
    await apply();
    expect(await get(9000)).toBe('two 9000 ');
  });

  test('without a list the services of Node.js are back, and nothing of the others', async () => {
    repository.commit('parts', {
      'backend/package.json':
        '{"name": "b", "version": "1.0.0", "scripts": {"start": "cd .. && node server.js"}}',
    });
    synth({}, { services: undefined });
    await apply();
    expect(await units()).toEqual([
      'app-backend.service active running',
      'app-frontend.service inactive dead',
    ]);
    expect(await get(3001)).toBe('two 3001 ');
    expect(await ssh('ls /etc/systemd/system /srv/app | grep -c -e web -e mail -e api || true')).toBe('0');
  });
});

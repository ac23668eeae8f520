import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { did } from '../support/deploy';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const NETWORK = 'fd00:0:0:10:';
const HOST = `${NETWORK}:71`;
const ROUTER = `${NETWORK}:1`;

describeWith([realGuests, providers, git, command('curl')], 'a guest that has IPv6 only', () => {
  const lab = useRealLab({ lab: BAKED });
  const shop = new AppRepository('main');
  let stop = (): void => undefined;

  const synth = (title: string): void => {
    lab.workspace.synth(`proxmox_host: ${lab.emulator.url}
ssh_public_keys: [${lab.publicKey}]
guest: {lxc_ostemplate: "local:vztmpl/debian-12-baked_1_amd64.tar.zst"}
app_projects:
  shop:
    repo: git://[${ROUTER}]/app
    backend_health_path: /health
    env_vars: {TITLE: ${title}}
    envs:
      dev: {name: shop-dev, vmid: 371, ip6: '${HOST}/64', gateway6: '${ROUTER}', branch: main}
`);
  };
  const nothingToDo = async (): Promise<void> => {
    const { code, output } = await lab.workspace.plan(STACK);
    expect([code, output]).toEqual([0, expect.stringContaining('No changes.')]);
    expect(output).not.toContain('Check block assertion failed');
  };
  const served = async (): Promise<unknown> => {
    const { code, output } = await lab.exec('curl', [
      ...['-fsS', '--retry', '20', '--retry-connrefused', `http://[${HOST}]:3001/env`],
    ]);
    expect([code, output]).toEqual([0, output]);
    return (JSON.parse(output) as { TITLE: string }).TITLE;
  };

  beforeAll(async () => {
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    await lab.exec('ip', ['-6', 'address', 'add', `${ROUTER}/64`, 'dev', 'vmbr0', 'nodad']);
    stop = await serveGit(lab, shop, ROUTER);
  });
  afterAll(() => {
    stop();
  });

  test('is made, reached, configured and deployed to over IPv6', async () => {
    synth('Shop');
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    expect(await served()).toBe('Shop');
    expect(
      (await lab.ssh(HOST, 'ip -4 -o address show dev eth0; ufw status | grep -c v6')).output.trim(),
    ).toMatch(/^[1-9]\d*$/);
    await nothingToDo();
  });

  test('a change and drift are seen over IPv6', async () => {
    synth('Store');
    const { output } = await lab.workspace.apply(STACK);
    expect(did({ output }, 'app')).toContain('changed  /srv/app/.env.dev');
    expect(await served()).toBe('Store');
    await lab.ssh(HOST, 'rm /etc/sudoers.d/pvestack-appuser');
    expect((await lab.workspace.plan(STACK)).output).toContain('/etc/sudoers.d/pvestack-appuser');
    await lab.workspace.apply(STACK);
    await nothingToDo();
  });
});

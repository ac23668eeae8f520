import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';

// The first test of a machine builds the base images.
jest.setTimeout(600_000);

const STACK = 'app-shop-prod';

function inventory(
  url: string,
  key: string,
  guest = '{}',
  hostname = 'shop-prod',
  ip = '10.0.10.31/24',
): string {
  return `proxmox_host: ${url}
configure: false
ssh_public_keys: [${key}]
guest:
  protection: false
app_projects:
  shop:
    app_type: none
    envs:
      prod:
        name: ${hostname}
        vmid: 301
        ip: ${ip}
        gateway: 10.0.10.1
        guest: ${guest}
`;
}

describeWith([realGuests, providers, command('curl')], 'real guests, with the real provider', () => {
  const lab = useRealLab();

  const deploy = async (
    ...args: Parameters<typeof inventory> extends [string, string, ...infer Rest] ? Rest : never
  ) => {
    lab.workspace.synth(inventory(lab.emulator.url, lab.publicKey, ...args));
    const apply = await lab.workspace.apply(STACK);
    expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
  };

  test('a deployed guest is up, under its name and address, with the key of the inventory', async () => {
    await deploy();
    await lab.waitForSsh(301);
    const seen = await lab.ssh(
      301,
      'hostname; ip -brief -4 address show eth0; cat /root/.ssh/authorized_keys',
    );
    expect(seen.output.split('\n')).toEqual([
      'shop-prod',
      expect.stringContaining('10.0.10.31/24'),
      lab.publicKey,
      '',
    ]);
  });
});

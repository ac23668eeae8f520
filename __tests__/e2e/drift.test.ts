import { type GuestPatch } from 'proxmox-emulator';
import { useLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';

jest.setTimeout(120_000);

const STACK = 'app-shop-dev';

describeWith([providers, command('curl')], 'what somebody changed by hand', () => {
  const lab = useLab();

  beforeEach(async () => {
    lab.workspace.synth(`proxmox_host: ${lab.emulator.url}
configure: false
app_projects:
  shop:
    app_type: none
    envs: {dev: {name: shop-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1}}
`);
    expect((await lab.workspace.apply(STACK)).code).toBe(0);
    lab.emulator.log.clear();
  });

  test.each<[string, GuestPatch | ((tags: string[]) => string[]), RegExp]>([
    ['memory', { config: { memory: 777 } }, /dedicated = 777 -> 2048/],
    ['cores', { config: { cores: 1 } }, /cores += 1 -> 2/],
    ['stopped', { running: false }, /started += false -> true/],
    ['renamed', { config: { hostname: 'other' } }, /hostname += "other" -> "shop-dev"/],
    ['another tag', (tags) => [...tags, 'mine'], /- "mine"/],
    ['a tag removed', (tags) => tags.filter((tag) => tag !== 'dev'), /\+ "dev"/],
    ['not at boot', { config: { onboot: 0 } }, /start_on_boot += false -> true/],
    ['protected', { config: { protection: 1 } }, /protection += true -> false/],
    ['another note', { config: { description: 'mine' } }, /managed by Terraform/],
    [
      'another gateway',
      {
        config: {
          net0: 'name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:00:00:07,ip=10.0.10.31/24,gw=10.0.10.9,type=veth',
        },
      },
      /gateway = "10.0.10.9" -> "10.0.10.1"/,
    ],
  ])('%s: the plan shows it, the apply mends it, nothing is replaced', async (_what, patch, shown) => {
    const tags = String(lab.emulator.state.export().guests.find(({ vmid }) => vmid === 301)?.config['tags']);
    const changed =
      typeof patch === 'function' ? { config: { tags: patch(tags.split(';')).join(';') } } : patch;
    lab.emulator.changeGuest(301, changed);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([2, expect.stringMatching(shown)]);
    const apply = await lab.workspace.apply(STACK);
    expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    const again = await lab.workspace.plan(STACK);
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('No changes.')]);
    const gone = lab.emulator.log.list().filter(({ method }) => method === 'DELETE');
    expect(gone).toEqual([]);
  });
});

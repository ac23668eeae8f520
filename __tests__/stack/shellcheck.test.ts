import { spawnSync } from 'node:child_process';
import { planCredentials } from '../../renderers/preflight';
import { command, describeWith } from '../support/requirements';
import { readYaml } from '../renderers/envs';
import { unescaped } from '../renderers/guest-files';

const inventory = (credentials: string): string => `
proxmox_host: pve.example.lan
${credentials}
app_projects:
  a:
    app_type: none
    envs: {dev: {name: a-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1}}
`;

// All else that runs beside terraform is a program of planner/: __tests__/kit/shellcheck.test.ts.
describeWith([command('shellcheck')], 'shellcheck finds nothing in how a plan finds its credentials', () => {
  test.each<[string, string]>([
    ['from the environment of the provider', ''],
    ['a token', 'proxmox_token_id: a@pve!bb\nproxmox_token_secret: "{{ vault_s }}"'],
    [
      'user and password',
      `proxmox_user: '{{ vault_u | default("it''s $x@pve") }}'\nproxmox_password: "a{{ vault_p }}$b"`,
    ],
  ])('%s', (_what, credentials) => {
    const code = unescaped([planCredentials(readYaml(inventory(credentials)).api)]).join('\n');
    expect(code === '').toBe(credentials === '');
    // As preflight.sh gives it to eval, between what it sets and what it reads.
    const input = `token='' username='' password=''\n${code}\necho "$token$username$password"\n`;
    // SC2016: a dollar sign in a value of the inventory is meant as one.
    const { stdout, status } = spawnSync('shellcheck', ['--shell=sh', '--exclude=SC2016', '-'], {
      input,
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, '']);
  });
});

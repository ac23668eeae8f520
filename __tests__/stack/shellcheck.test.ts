import { spawnSync } from 'node:child_process';
import { command, describeWith } from '../support/requirements';
import { Workspace } from '../support/workspace';

const inventory = (credentials: string): string => `
proxmox_host: pve.example.lan
${credentials}
app_projects:
  a:
    app_type: none
    envs: {dev: {name: a-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1}}
`;

describeWith(
  [command('shellcheck')],
  'shellcheck finds nothing in the scripts that run beside terraform',
  () => {
    test.each<[string, string, string?]>([
      ['the CA check', 'proxmox_ca_file: ca.pem', 'ca'],
      ['with credentials from the environment', ''],
      ['with a token', 'proxmox_token_id: a@pve!bb\nproxmox_token_secret: "{{ vault_s }}"'],
      [
        'with user and password',
        `proxmox_user: '{{ vault_u | default("it''s $x@pve") }}'\nproxmox_password: "a{{ vault_p }}$b"`,
      ],
    ])('%s', (_what, credentials, local = 'preflight') => {
      const workspace = new Workspace();
      workspace.synth(inventory(credentials));
      const { locals } = JSON.parse(workspace.json('app-a-dev')) as { locals: Record<string, string[]> };
      workspace.remove();
      // As Terraform hands it to the shell: its escapes undone.
      const script = (locals[local] ?? [])
        .join('\n')
        .replaceAll('$${', () => '${')
        .replaceAll('%%{', '%{');
      // SC2016: a dollar sign in a value of the inventory is meant as one.
      const { stdout, status } = spawnSync('shellcheck', ['--shell=sh', '--exclude=SC2016', '-'], {
        input: script,
        encoding: 'utf8',
      });
      expect([status, stdout]).toEqual([0, '']);
    });
  },
);

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openLab, type OpenLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { type Outcome, runCommand } from '../support/workspace';

jest.setTimeout(120_000);

const BIN = path.join(__dirname, '..', '..', 'bin', 'pvestack.js');

describeWith([providers, command('curl'), command('ssh-keygen')], 'pvestack doctor', () => {
  let lab: OpenLab;
  let key: string;

  beforeEach(async () => {
    lab = await openLab();
    key = path.join(lab.workspace.root, 'id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
    writeFileSync(
      path.join(lab.workspace.root, 'inventory.yml'),
      `ssh_public_keys: [${readFileSync(`${key}.pub`, 'utf8').trim()}]
app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        vmid: 301
        ip: 10.0.10.31/24
        gateway: 10.0.10.1
`,
    );
  });

  afterEach(() => lab.close());

  const doctor = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
    runCommand(process.execPath, [BIN, 'doctor', ...args], {
      cwd: lab.workspace.root,
      env: { ...process.env, ...lab.workspace.env, TF_VAR_ssh_private_key_file: key, ...env },
    });

  test('has nothing to say against a machine and a cluster that are well', async () => {
    const { code, output } = await doctor([]);
    for (const line of [
      /^ok {5}Terraform 1\./m,
      /^ok {5}the providers are to be had: bpg\/proxmox 0\.111\.1, hashicorp\/external 2\.3\.5, hashicorp\/null 3\.2\.4$/m,
      /^ok {5}all variables that must be set are set$/m,
      /^ok {5}the SSH key is one of ssh_public_keys$/m,
      /^ok {5}app-shop-dev: VMID 301 is free, 10\.0\.10\.31 is in no guest's configuration$/m,
      /^note {3}nothing pins the providers by the sums of their packages/m,
      /^No fault, \d notes?\.$/m,
    ])
      expect(output).toMatch(line);
    expect(code).toBe(0);
    expect(lab.writes()).toEqual([]);
  });

  test('fails with a fault, also in JSON, and names no secret', async () => {
    const { code, output } = await doctor(['--json', 'shop'], {
      TF_VAR_ssh_private_key_file: '/none',
      PROXMOX_VE_API_TOKEN: 'ci@pve!ci=s3cret',
    });
    expect(code).toBe(1);
    const { findings, faults } = JSON.parse(output.replace(/\n\d faults.*$/s, '')) as {
      findings: { level: string; what: string; remedy?: string }[];
      faults: number;
    };
    expect(faults).toBe(2);
    expect(findings.filter(({ level }) => level === 'fault').map(({ what }) => what)).toEqual([
      'TF_VAR_ssh_private_key_file names /none, which is not there',
      expect.stringMatching(/^the Proxmox API at \S+ refuses the credentials \(HTTP 401\)$/) as string,
    ]);
    expect(output).not.toContain('s3cret');
  });

  test.each([
    ['terraform', 'there is no terraform on PATH. Install Terraform 1.6 or later.'],
    ['curl', 'curl is not on PATH. Install it. The guards ask the API with it.'],
  ])('says that there is no %s', async (_name, said) => {
    const { output } = await doctor([], { PATH: '/none' });
    expect(output).toContain(`fault  ${said}`);
  });
});

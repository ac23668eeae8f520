import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useLab } from '../support/lab';
import { describeWith, providers } from '../support/requirements';
import { unwrapped } from '../support/workspace';

jest.setTimeout(60_000);

const inventory = (host: string): string => `
${host}
proxmox_ca_file: certs/pve.pem
app_projects:
  a:
    app_type: none
    configure: false
    envs: {dev: {name: a-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1}}
`;

describeWith([providers], 'proxmox_ca_file', () => {
  const lab = useLab();

  function synth(host = `proxmox_host: ${lab.emulator.url}`): string {
    const { workspace } = lab;
    const file = path.join(workspace.root, 'certs', 'pve.pem');
    mkdirSync(path.dirname(file));
    copyFileSync(workspace.env['SSL_CERT_FILE'] ?? '', file);
    workspace.synth(inventory(host));
    return file;
  }

  test('a plan whose environment does not trust it says what to export, and nothing else', async () => {
    const file = synth();
    const { code, output } = await lab.workspace.plan('app-a-dev', '-var=allow_ip_conflicts=true');
    expect(code).toBe(2); // The lab exports SSL_CERT_FILE.
    const env = { SSL_CERT_FILE: undefined, SSL_CERT_DIR: undefined };
    const untrusted = await lab.workspace.terraform('app-a-dev', ['plan'], { env });
    expect(untrusted.code).toBe(1);
    expect(unwrapped(untrusted.output)).toContain(`export SSL_CERT_FILE='${file}'`);
    expect(untrusted.output).not.toContain('x509');
    expect(output).not.toContain('export SSL_CERT_FILE');
  });

  test('a bundle or a folder that holds it is trusted, and the address may come from the environment', async () => {
    const file = synth('');
    const bundle = path.join(lab.workspace.root, 'bundle.pem');
    writeFileSync(bundle, `# Others.\n${readFileSync(file, 'utf8')}\n`);
    for (const env of [
      { SSL_CERT_FILE: bundle },
      { SSL_CERT_FILE: undefined, SSL_CERT_DIR: path.dirname(file) },
    ]) {
      const { code, output } = await lab.workspace.terraform('app-a-dev', ['plan', '-detailed-exitcode'], {
        env: { ...env, PROXMOX_VE_ENDPOINT: lab.emulator.url },
      });
      expect([code, output]).toEqual([2, expect.stringContaining('to add')]);
    }
  });

  test('a file that is missing or no certificate is said', async () => {
    const file = synth();
    writeFileSync(file, 'nothing\n');
    const empty = await lab.workspace.plan('app-a-dev');
    expect(unwrapped(empty.output)).toContain('holds no certificate in PEM form');
    rmSync(file);
    const missing = await lab.workspace.plan('app-a-dev');
    expect(unwrapped(missing.output)).toContain('pve.pem cannot be read here');
  });
});

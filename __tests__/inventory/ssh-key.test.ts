import { isWholePublicKey } from '../../inventory/ssh-key';
import { publicKey } from '../support/public-key';
import { added, problems } from './minimal';

const NIST = 'ecdsa-sha2-nistp256';
const ED25519 = publicKey('ssh-ed25519', 32);

test.each<[boolean, string, string]>([
  [true, 'Ed25519', ED25519],
  [true, 'Ed25519 with a comment', `${ED25519} ops@example.lan laptop`],
  [true, 'RSA', publicKey('ssh-rsa', 3, 257)],
  [true, 'ECDSA', publicKey(NIST, 'nistp256', 65)],
  [true, 'Ed25519 on a token', publicKey('sk-ssh-ed25519@openssh.com', 32, 'ssh:')],
  [true, 'ECDSA on a token', publicKey(`sk-${NIST}@openssh.com`, 'nistp256', 65, 'ssh:')],
  [false, 'the last letter is missing', ED25519.slice(0, -1)],
  [false, 'the last four letters are missing', ED25519.slice(0, -4)],
  [false, 'something was added', `${ED25519}AAAA`],
  [false, 'a letter in the middle is missing', ED25519.replace('AAAAC3N', 'AAAAC3')],
  [false, 'another type', ED25519.replace('ssh-ed25519', 'ssh-rsa')],
  [false, 'a short key', publicKey('ssh-ed25519', 31)],
  [false, 'RSA without its modulus', publicKey('ssh-rsa', 3)],
  [false, 'nothing', 'ssh-ed25519 AAAA'],
])('%s: %s', (whole, _name, line) => {
  expect(isWholePublicKey(line)).toBe(whole);
});

const DOUBT = 'copy its line once more (ssh-keygen -lf says whether a file holds a whole key)';
const LOGIN = `warning: is no whole SSH public key: nobody can log in with it  ${DOUBT}`;

test.each<[string, string, string[]]>([
  ['top', added('top', 'ssh_public_key: ssh-ed25519 AAAA'), [`1:1  ssh_public_key  ${LOGIN}`]],
  [
    'project',
    added('project', `ssh_public_keys: [${ED25519}, ssh-rsa AAAA]`),
    [`3:105  app_projects.pote.ssh_public_keys.1  ${LOGIN}`],
  ],
  [
    'env',
    added('env', 'ssh_public_keys: ["{{ vault_key }}", ssh-rsa AAAA]', 'ssh_host_key: ssh-ed25519 AAAA'),
    [
      `6:46  app_projects.pote.envs.dev.ssh_public_keys.1  ${LOGIN}`,
      `7:9  app_projects.pote.envs.dev.ssh_host_key  warning: is no whole SSH public key: no connection to the guest is trusted  ${DOUBT}`,
    ],
  ],
  [
    'refused already',
    added('top', 'ssh_public_key: AAAA'),
    [expect.stringContaining('is not an SSH public')],
  ],
])('a key that is cut off: %s', (_name, text, said) => {
  expect(problems(text)).toEqual(
    said.map((line) => (typeof line === 'string' ? `inventory.yml:${line}` : line)),
  );
});

test("the guest's host key behind a bastion needs the bastion's, too", () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA';
  const behind = (bastion: string): string =>
    added('top', `ssh_bastion: {host: b.example.lan${bastion}}`).replace(
      '        ip:',
      `        ssh_host_key: ${key}\n        ip:`,
    );
  expect(problems(behind(''))).toEqual([
    `inventory.yml:1:1  ssh_bastion  needs its own host_key beside the guest's ssh_host_key: Terraform checks both or none  write host_key: "ssh-ed25519 AAAA…", as ssh-keyscan shows it for the bastion, or remove ssh_host_key`,
  ]);
  expect(problems(behind(`, host_key: ${key}`))).toEqual([]);
});

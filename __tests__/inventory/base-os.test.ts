import { added, onlyEnv, problems } from './minimal';

const DEV = 'app_projects.pote.envs.dev';
const SUM = 'a'.repeat(64);
const RULE = 'is not a firewall rule  write e.g. 443, "53/udp" or "5432/tcp from 10.0.10.0/24"';
const FROM =
  'comes from no network  write an address or the first one of its network, e.g. 10.0.10.7, 10.0.10.0/24 or fd00:0:0:10::/64';
const said = (lines: readonly string[]): string[] => lines.map((line) => `inventory.yml:${line}`);

describe('options of base_os', () => {
  test.each<[text: string, lines: string[]]>([
    [
      added('env', 'node_version: "24.9.0"'),
      [
        `6:9  ${DEV}.node_version  has no checksum  set node_sha256 beside it: the sum that https://nodejs.org/dist/v24.9.0/SHASUMS256.txt has for node-v24.9.0-linux-x64.tar.xz`,
      ],
    ],
    [
      added('top', 'node_mirror: http://mirror.example.lan/node/', 'node_version: "24.9.0"'),
      [
        '2:1  node_version  has no checksum  set node_sha256 beside it: the sum that http://mirror.example.lan/node/v24.9.0/SHASUMS256.txt has for node-v24.9.0-linux-x64.tar.xz',
      ],
    ],
    [
      added('project', `node_sha256: ${SUM}`),
      [
        '3:5  app_projects.pote.node_sha256  is set without node_version  set node_version beside it, or remove it',
      ],
    ],
    [
      added('env', 'node_mirror: http://mirror.example.lan'),
      [`6:9  ${DEV}.node_mirror  is set without node_version  set node_version beside it, or remove it`],
    ],
    ...['Mars/Olympus', 'europe/berlin', 'CEST'].map((zone): [string, string[]] => [
      added('top', `timezone: ${zone}`),
      [
        '1:1  timezone  warning: is no known time zone, so base_os may fail  write it as `timedatectl list-timezones` does, e.g. Europe/Berlin',
      ],
    ]),
    ...['Europe/Berlin', 'Etc/UTC', 'UTC', 'Asia/Calcutta', 'Etc/GMT+5', 'US/Eastern'].map(
      (zone): [string, string[]] => [added('env', `timezone: ${zone}`), []],
    ),
    [added('env', 'node_version: "24.9.0"', `node_sha256: ${SUM}`), []],
    [added('top', 'node_version: "24.9.0"', `node_sha256: ${SUM}`), []],
    [
      added('env', 'node_version: "24"'),
      [`6:9  ${DEV}.node_version  is not a version of Node.js  write three numbers, e.g. "24.9.0"`],
    ],
    [
      added('env', 'ufw: false', 'firewall_ports: [443]'),
      [`7:9  ${DEV}.firewall_ports  has no effect with ufw: false  remove it, or remove ufw: false`],
    ],
    [added('top', 'firewall_ports: [443]').replace('    repo:', '    ufw: false\n    repo:'), []],
    [added('env', 'firewall_ports: [443, "53/udp", "5432/tcp from 10.0.10.0/24", "22 from 10.0.10.7"]'), []],
    [added('env', 'firewall_ports: [0]'), [`6:26  ${DEV}.firewall_ports.0  ${RULE}`]],
    [added('env', 'firewall_ports: ["443/icmp"]'), [`6:26  ${DEV}.firewall_ports.0  ${RULE}`]],
    [added('env', 'firewall_ports: ["443; reboot"]'), [`6:26  ${DEV}.firewall_ports.0  ${RULE}`]],
    [added('env', 'firewall_ports: ["443 from 10.0.10.7/24"]'), [`6:26  ${DEV}.firewall_ports.0  ${FROM}`]],
    [added('env', 'firewall_ports: ["443 from 10.0.300.0/24"]'), [`6:26  ${DEV}.firewall_ports.0  ${FROM}`]],
    [added('env', 'firewall_ports: ["443 from 0.0.0.0/0"]'), [`6:26  ${DEV}.firewall_ports.0  ${FROM}`]],
    ...[
      'http://proxy.example.lan:3128',
      'https://10.0.10.9',
      'http://ci@proxy.example.lan:3128/',
      '"http://ci:{{ vault_p }}@[fd00::9]:3128"',
      '"{{ vault_p }}"',
    ].map((proxy): [string, string[]] => [
      added('env', `proxy: ${proxy}`, 'no_proxy: [.lan, 10.0.10.7]'),
      [],
    ]),
    ...[
      'proxy.example.lan:3128',
      'socks5://proxy.example.lan',
      'http://{{ vault_p }} x',
      "http://a'b@proxy.example.lan",
    ].map((proxy): [string, string[]] => [
      added('env', `proxy: "${proxy}"`),
      [`6:9  ${DEV}.proxy  is not the URL of a proxy  write e.g. http://proxy.example.lan:3128`],
    ]),
    ...[
      'http://ci:geheim@proxy.example.lan',
      "http://ci:{{ vault_p | default('geheim') }}@proxy.example.lan",
      "{{ vault_p | default('http://ci:geheim@proxy.example.lan') }}",
    ].map((proxy): [string, string[]] => [
      added('env', `proxy: "${proxy}"`),
      [
        `6:9  ${DEV}.proxy  holds a password written in clear  write "{{ vault_proxy_password }}" in its place and give it as TF_VAR_vault_proxy_password`,
      ],
    ]),
    [
      added('env', 'no_proxy: [.lan]'),
      [`6:9  ${DEV}.no_proxy  is set without proxy  set proxy beside it, or remove it`],
    ],
    [
      added('env', 'proxy: http://proxy.lan', 'no_proxy: ["a,b"]'),
      [
        `7:20  ${DEV}.no_proxy.0  is neither a host nor a domain  write e.g. git.example.lan, .example.lan or 10.0.10.7`,
      ],
    ],
  ])('%j', (text, lines) => {
    expect(problems(text)).toEqual(said(lines));
  });

  test('what holds when nothing is said', () => {
    expect(onlyEnv(added('env')).baseOs).toEqual({
      user: 'appuser',
      timezone: 'Etc/UTC',
      locale: 'C.UTF-8',
      securityUpgrades: true,
      hardenSshd: true,
      ufw: true,
      firewallPorts: [],
      removePackages: false,
      aptSourcesRequired: true,
    });
  });
});

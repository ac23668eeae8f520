import { envOf, layersIn } from './envs';

const kitOf = (top: string): unknown => layersIn(envOf({ top })).find(({ name }) => name === 'kit');

const UNITS = ['apt-daily', 'apt-daily-upgrade'].map((unit) => ({
  path: `/etc/systemd/system/${unit}.service.d/pvestack.conf`,
  lines: ['[Service]', 'EnvironmentFile=-/etc/pvestack/proxy'],
}));
const ALWAYS = 'no_proxy=localhost,127.0.0.1,::1';

test.each<[top: string, files: object[], variables: string[]]>([
  ['locale: C.UTF-8', [], []],
  ['apt_sources_required: true', [], []],
  ['apt_sources_required: false', [{ path: '/etc/pvestack/apt', lines: ['sources_required=no'] }], []],
  [
    'proxy: http://proxy.example.lan:3128',
    [
      {
        path: '/etc/pvestack/proxy',
        mode: '0600',
        owner: 'root:root',
        lines: [
          'http_proxy=http://proxy.example.lan:3128',
          'https_proxy=http://proxy.example.lan:3128',
          ALWAYS,
        ],
      },
      ...UNITS,
    ],
    [],
  ],
  [
    'proxy: "http://ci:{{ vault_p }}@proxy.example.lan:3128"\nno_proxy: [git.example.lan, .lan]',
    [
      {
        path: '/etc/pvestack/proxy',
        mode: '0600',
        lines: [
          'http_proxy=http://ci:{{ vault_p }}@proxy.example.lan:3128',
          'https_proxy=http://ci:{{ vault_p }}@proxy.example.lan:3128',
          `${ALWAYS},git.example.lan,.lan`,
        ],
        secret: {
          name: 'proxy',
          content:
            '"http_proxy=http://ci:${var.vault_p}@proxy.example.lan:3128\\nhttps_proxy=http://ci:${var.vault_p}@proxy.example.lan:3128\\nno_proxy=localhost,127.0.0.1,::1,git.example.lan,.lan\\n"',
        },
      },
      ...UNITS,
    ],
    ['vault_p'],
  ],
])('%j: what the programs of the kit read', (top, files, secretVariables) => {
  expect(kitOf(top)).toMatchObject({ files, secretVariables });
});

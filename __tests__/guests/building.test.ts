import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { servePrivately, sshd } from '../support/pote-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith } from '../support/requirements';
import { KIT_FOLDER } from '../support/shell';
import type { Outcome } from '../support/workspace';
import { envOf } from '../renderers/envs';
import { filesOf, unescaped } from '../renderers/guest-files';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const VMID = 381;
const PROXY = 'http://10.0.10.1:3142';
const SERVER = `const say = (name) => { try { return require(name + '/package.json').version; } catch { return 'none'; } };
require('http').createServer((q, r) => r.end([say('ms'), require('fs').existsSync('built'), process.env.TITLE].join(' '))).listen(process.env.PORT);
`;
const MS_212 =
  'sha512-sGkPx+VjMtmA6MX27oA4FBFELFCZZ4S4XqeGOXCv68tT+jb3vk/RyaKWP0PTKyWtmLSM0b+adUTEvbs1PEaH2w==';
const PACKAGE = (more: object = {}): string =>
  JSON.stringify({
    name: 'api',
    version: '1.0.0',
    private: true,
    scripts: { start: 'node server.js', build: "node -e \"require('fs').writeFileSync('built', '')\"" },
    dependencies: { ms: '^2.0.0' },
    ...more,
  });
const PNPM_LOCK = (importer: string): string => `lockfileVersion: '9.0'
settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false
importers:
  ${importer}:
    dependencies:
      ms:
        specifier: ^2.0.0
        version: 2.1.2
packages:
  ms@2.1.2:
    resolution: {integrity: ${MS_212}}
snapshots:
  ms@2.1.2: {}
`;

const PYTHON_SERVER = `import os, importlib.metadata as m
from http.server import BaseHTTPRequestHandler, HTTPServer
def v(n):
    try: return m.version(n)
    except Exception: return 'none'
class H(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(('six %s iniconfig %s' % (v('six'), v('iniconfig'))).encode())
    def log_message(self, *a): pass
HTTPServer(('', int(os.environ['PORT'])), H).serve_forever()
`;
const SIX_115 = 'sha256:8b74bedcbbbaca38ff6d7491d76f2b06b3592611af620f8426e82dddb04a5ced';
const SIX_WHEEL =
  'https://files.pythonhosted.org/packages/ee/ff/48bde5c0f013094d729fe4b0316ba2a24774b3ff1c52d924a8a4cb04078a/six-1.15.0-py2.py3-none-any.whl';
const PYTHON_FILES = { 'app/main.py': PYTHON_SERVER, 'app/__init__.py': '', 'migrations/__init__.py': '' };
const PROJECT =
  '[project]\nname = "orders"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = ["six>=1.15"]\n';

const POETRY = `[project]
name = "orders"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["six==1.15.0"]

[tool.poetry]
package-mode = false

[tool.poetry.group.dev.dependencies]
iniconfig = "2.0.0"
`;
const POETRY_LOCK = `[[package]]
name = "iniconfig"
version = "2.0.0"
description = "brain-dead simple config-ini parsing"
optional = false
python-versions = ">=3.7"
groups = ["dev"]
files = [
    {file = "iniconfig-2.0.0-py3-none-any.whl", hash = "sha256:b6a85871a79d2e3b22d2d1b94ac2824226a63c6b741c88f7ae975f18b6778374"},
    {file = "iniconfig-2.0.0.tar.gz", hash = "sha256:2d91e135bf72d31a410b17c16da610a82cb55f6b0477d1a902134b24a455b8b3"},
]

[[package]]
name = "six"
version = "1.15.0"
description = "Python 2 and 3 compatibility utilities"
optional = false
python-versions = ">=2.7, !=3.0.*, !=3.1.*, !=3.2.*"
groups = ["main"]
files = [
    {file = "six-1.15.0-py2.py3-none-any.whl", hash = "sha256:8b74bedcbbbaca38ff6d7491d76f2b06b3592611af620f8426e82dddb04a5ced"},
    {file = "six-1.15.0.tar.gz", hash = "sha256:30639c035cdb23534cd4aa2dd52c3bf48f06e5f4a941509c8bafd8ce11080259"},
]

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "eeb46df11004b34ce48a470e15904671f4b92a445521c987fe7a481bb6428161"
`;
const PIPFILE = `[[source]]
url = "https://pypi.org/simple"
verify_ssl = true
name = "pypi"

[packages]
six = "==1.15.0"

[dev-packages]
iniconfig = "==2.0.0"
`;
const PIPFILE_LOCK = JSON.stringify({
  _meta: {
    hash: {
      sha256: 'ac86a5708104a7da12497aaa02317067530fd0714a77a7b1d64f260778345ae5',
    },
    'pipfile-spec': 6,
    requires: {},
    sources: [
      {
        name: 'pypi',
        url: 'https://pypi.org/simple',
        verify_ssl: true,
      },
    ],
  },
  default: {
    six: {
      hashes: [
        'sha256:30639c035cdb23534cd4aa2dd52c3bf48f06e5f4a941509c8bafd8ce11080259',
        'sha256:8b74bedcbbbaca38ff6d7491d76f2b06b3592611af620f8426e82dddb04a5ced',
      ],
      index: 'pypi',
      markers:
        "python_version >= '2.7' and python_version != '3.0' and python_version != '3.1' and python_version != '3.2'",
      version: '==1.15.0',
    },
  },
  develop: {
    iniconfig: {
      hashes: [
        'sha256:2d91e135bf72d31a410b17c16da610a82cb55f6b0477d1a902134b24a455b8b3',
        'sha256:b6a85871a79d2e3b22d2d1b94ac2824226a63c6b741c88f7ae975f18b6778374',
      ],
      index: 'pypi',
      markers: "python_version >= '3.7'",
      version: '==2.0.0',
    },
  },
});

describeWith([realGuests, git, sshd], 'what a release of each kind of repository is built by', () => {
  const lab = useRealLab({ lab: BAKED });
  const repository = new AppRepository('dev', { README: '' });
  let stop = (): void => undefined;

  const ssh = async (script: string): Promise<string> => {
    const { code, output } = await lab.ssh(VMID, script);
    expect([code, output]).toEqual([0, output]);
    return output;
  };
  /** A line of a shell that writes a file. */
  const put = (file: string, text: string): string =>
    `install -d "$(dirname '${file}')"; echo '${Buffer.from(text).toString('base64')}' | base64 -d >'${file}'\n`;

  /** Deploys a repository of these files, with these keys of the inventory, after some lines of a shell. */
  const deploy = async (
    project: string,
    files: Readonly<Record<string, string>>,
    more = '',
  ): Promise<Outcome> => {
    const old = repository.git('ls-files').split('\n');
    const without = Object.fromEntries(old.filter((file) => file !== '').map((file) => [file, undefined]));
    const commit = repository.commit('next', { ...without, ...files });
    const settings = filesOf(envOf({ project }))
      .filter(({ path: at }) => /^\/etc\/(pvestack|systemd\/system)\/(?!owner)|^\/srv\/app\/\.env/.test(at))
      .map(({ path: at, lines }) => put(at, `${unescaped(lines).join('\n')}\n`));
    // The mode that a layer would give it.
    await ssh(`rm -rf /srv/app/current /srv/app/releases/* /etc/pvestack
${settings.join('')}systemctl stop app-backend app-frontend 2>/dev/null; systemctl daemon-reload
chmod -f 0600 /etc/pvestack/install_env || true
${more}`);
    const run = (): Promise<Outcome> =>
      lab.ssh(VMID, `PVESTACK_REPO=git://10.0.10.1/app PVESTACK_BRANCH=dev deploy_app.sh ${commit}`);
    const outcome = await run();
    // The way to the registries is a long one.
    return outcome.output.includes('ECONNRESET') ? run() : outcome;
  };
  const answer = async (project: string, files: Readonly<Record<string, string>>): Promise<string> => {
    const { code, output } = await deploy(project, files);
    expect([code, output]).toEqual([0, output]);
    return ssh('curl -s -m 3 http://localhost:3001');
  };

  beforeAll(async () => {
    stop = await serveGit(lab, repository);
    await lab.addGuest(VMID, '10.0.10.81/24', {
      ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst',
      memory: '2048',
    });
    const kit = '/usr/local/lib/pvestack';
    const sent = await lab.shell(
      `tar -C '${KIT_FOLDER}' -c . | ssh root@10.0.10.81 'install -d ${kit} && tar -x --no-same-owner -C ${kit}'`,
    );
    expect([sent.code, sent.output]).toEqual([0, '']);
    await ssh(`chmod 0755 ${kit} ${kit}/*
ln -s /usr/local/lib/pvestack/deploy_app.sh /usr/local/bin/deploy_app.sh
useradd --system --user-group --home-dir /var/lib/app app
useradd --system --user-group --home-dir /var/cache/app-build app-build
install -d -m 0755 /srv/app/releases
install -d -m 0750 -o app -g app /var/cache/app /var/lib/app
apt-get -qq update && apt-get -qq install -y --no-install-recommends python3-venv >/dev/null 2>&1`);
  });
  afterAll(() => {
    stop();
    repository.remove();
  });

  test('a package at the root of the repository', async () => {
    const locked = JSON.stringify({
      name: 'api',
      lockfileVersion: 3,
      packages: {
        '': { name: 'api', dependencies: { ms: '^2.0.0' } },
        'node_modules/ms': {
          version: '2.1.2',
          resolved: 'https://registry.npmjs.org/ms/-/ms-2.1.2.tgz',
          integrity: MS_212,
        },
      },
    });
    const files = { 'package.json': PACKAGE(), 'package-lock.json': locked, 'server.js': SERVER };
    expect(await answer('backend_dir: .\nenv_vars: {TITLE: Root}', files)).toBe('2.1.2 true Root');
  });

  test('a workspace of pnpm, by the version and sum that packageManager names', async () => {
    const sum =
      '76e2379760a4328ec4415815bcd6628dee727af3779aaa4c914e3944156c4299921a89f976381ee107d41f12cfa4b66681ca9c718f0668fa0831ed4c6d8ba56c';
    const files = (digest: string): Record<string, string> => ({
      'package.json': JSON.stringify({ private: true, packageManager: `pnpm@9.15.0+sha512.${digest}` }),
      'pnpm-workspace.yaml': 'packages: [apps/*]\n',
      'pnpm-lock.yaml': PNPM_LOCK('apps/api'),
      'apps/api/package.json': PACKAGE(),
      'apps/api/server.js': SERVER,
    });
    expect(await answer('backend_dir: apps/api', files(sum))).toBe('2.1.2 true ');
    // Nothing of it is left for the next build, nor in the release.
    expect(await ssh('ls -A /var/cache/app-build /srv/app/current')).not.toMatch(/tools|pnpm-store/);
    const { code, output } = await deploy('backend_dir: apps/api', files(sum.replace('7', '8')));
    expect([code, output]).toEqual([
      11,
      expect.stringContaining('is not what packageManager of package.json says'),
    ]);
  });

  test.each<[string, string, object, Record<string, string>]>([
    [
      'Yarn classic',
      `# yarn lockfile v1


ms@^2.0.0:
  version "2.1.2"
  resolved "https://registry.yarnpkg.com/ms/-/ms-2.1.2.tgz#d09d1f357b443f493382a8eb3ccd183872ae6009"
  integrity ${MS_212}
`.replace('registry.yarnpkg.com', 'registry.npmjs.org'),
      {},
      {},
    ],
    [
      'Yarn',
      `# This file is generated by running "yarn install" inside your project.
# Manual changes might be lost - proceed with caution!

__metadata:
  version: 8
  cacheKey: 10c0

"api@workspace:.":
  version: 0.0.0-use.local
  resolution: "api@workspace:."
  dependencies:
    ms: "npm:^2.0.0"
  languageName: unknown
  linkType: soft

"ms@npm:^2.0.0":
  version: 2.1.2
  resolution: "ms@npm:2.1.2"
  languageName: node
  linkType: hard
`,
      {},
      {
        '.yarnrc.yml': `npmRegistryServer: https://registry.npmjs.org
httpProxy: ${PROXY}
httpsProxy: ${PROXY}
httpsCaFilePath: /etc/ssl/certs/ca-certificates.crt
`,
      },
    ],
  ])('%s', async (_name, lock, more, files) => {
    const all = { 'package.json': PACKAGE(more), 'yarn.lock': lock, 'server.js': SERVER, ...files };
    expect(await answer('backend_dir: .', all)).toBe('2.1.2 true ');
  });

  test('a frontend that nothing starts: what to write', async () => {
    const files = {
      'backend/package.json': '{"scripts": {"start": "node server.js"}}',
      'frontend/package.json': '{"scripts": {"build": "vite build", "preview": "vite preview"}}',
    };
    const { code, output } = await deploy('', files);
    expect([code, output]).toEqual([
      14,
      expect.stringMatching(
        /frontend\/package\.json has no script start, and the inventory does not say how frontend starts .*: write one\..* static: dist .* "start": "serve --single dist --listen \$PORT"/,
      ),
    ]);
  });

  const python = 'app_type: python\nservice_start: .venv/bin/python -m app.main\nbackend_port: 3001\n';

  test('a project of uv that is no package', async () => {
    const lock = `version = 1
requires-python = ">=3.11"

[[package]]
name = "orders"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "six" }]

[package.metadata]
requires-dist = [{ name = "six", specifier = ">=1.15" }]

[[package]]
name = "six"
version = "1.15.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "${SIX_WHEEL}", hash = "${SIX_115}" }]
`;
    const pyproject = `${PROJECT}\n[tool.uv]\npackage = false\n`;
    const files = { ...PYTHON_FILES, 'pyproject.toml': pyproject, 'uv.lock': lock };
    const proxy = `install_env: {https_proxy: "${PROXY}", SSL_CERT_FILE: /etc/ssl/certs/ca-certificates.crt}\n`;
    expect(await answer(python + proxy, files)).toBe('six 1.15.0 iniconfig none');
  });

  test('what installs sees install_env, and nothing else does; the log does not show it', async () => {
    const project = `backend_dir: .
backend_install: echo "installs with $TOKEN"; test "$TOKEN" = of-the-registry && echo "$TOKEN" | cut -c 1-4 >seen
backend_build: echo "builds with \${TOKEN:-nothing}" >>seen
migrate: echo "migrates with \${TOKEN:-nothing}" >/var/lib/app/seen; cat /etc/pvestack/install_env && exit 1 || true
install_env: {TOKEN: of-the-registry}
plain_env_vars: [TOKEN]
`;
    const server =
      "require('http').createServer((q, r) => r.end(process.env.TOKEN || 'nothing')).listen(process.env.PORT)";
    const files = { 'package.json': '{"scripts": {"start": "node server.js"}}', 'server.js': server };
    expect(await answer(project, files)).toBe('nothing');
    expect(
      await ssh('cat /srv/app/current/seen /var/lib/app/seen; stat -c "%a %U" /etc/pvestack/install_env'),
    ).toBe('of-t\nbuilds with nothing\nmigrates with nothing\n600 root\n');
    const { code, output } = await deploy(project.replace('= of-the', '!= of-the'), files);
    expect([code, output]).toEqual([11, expect.stringContaining('| installs with ***\n')]);
  });

  test('a private git repository among the dependencies, by a deploy key that the install cannot read', async () => {
    const library = new AppRepository('main', {
      'package.json': '{"name": "lib", "version": "1.2.3"}',
      'index.js': 'module.exports = "private";',
    });
    const source = await servePrivately(lab, library);
    try {
      const key = source.newKey();
      source.allowOnly(key);
      const project = `backend_dir: .
git_known_hosts: ["${source.knownHost}"]
git_deploy_key: "{{ vault_key }}"
backend_install: sh install.sh
backend_build: if pgrep -x ssh-agent || test -e ~/agent; then exit 9; fi; echo built >>agents
`;
      const files = {
        'install.sh': `if cat /etc/pvestack/deploy_key; then exit 9; fi
if pgrep -x ssh-agent; then exit 9; fi
exec npm install --no-audit --no-fund
`,
        'package.json': JSON.stringify({
          scripts: { start: 'node server.js' },
          dependencies: { lib: `git+${source.url}` },
        }),
        'server.js':
          "require('http').createServer((q, r) => r.end(require('lib'))).listen(process.env.PORT);",
      };
      const more = `${put('/etc/pvestack/deploy_key', key)}chmod 0600 /etc/pvestack/deploy_key\n`;
      const denied = await deploy(project, files, more);
      expect([denied.code, denied.output]).toEqual([11, expect.stringContaining('backend install failed')]);
      const { code, output } = await deploy(`${project}install_with_deploy_key: true\n`, files, more);
      expect([code, output]).toEqual([0, output]);
      expect(await ssh('curl -s -m 3 http://localhost:3001; cat /srv/app/current/agents')).toMatch(
        /^privatebuilt\n$/,
      );
      expect(await ssh('pgrep -x ssh-agent; ls -A /var/cache/app-build')).not.toMatch(/\d|agent/);
    } finally {
      source.stop();
      library.remove();
    }
  });

  test.each<[string, Record<string, string>]>([
    ['Poetry', { 'pyproject.toml': POETRY, 'poetry.lock': POETRY_LOCK }],
    ['Pipenv', { Pipfile: PIPFILE, 'Pipfile.lock': PIPFILE_LOCK }],
  ])('a project of %s: what its lock file has, without what is for developers', async (_name, files) => {
    const proxy = `install_env: {https_proxy: "${PROXY}", REQUESTS_CA_BUNDLE: /etc/ssl/certs/ca-certificates.crt}\n`;
    expect(await answer(python + proxy, { ...PYTHON_FILES, ...files })).toBe('six 1.15.0 iniconfig none');
  });

  test('a flat layout without a lock file: what it depends on', async () => {
    const files = { ...PYTHON_FILES, 'pyproject.toml': PROJECT.replace('>=1.15', '==1.15.0') };
    expect(await answer(python, files)).toBe('six 1.15.0 iniconfig none');
  });
});

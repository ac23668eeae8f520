import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AppRepository, BAKED, git, serve } from '../support/app-fixture';
import { certificateOf, serveHttps } from '../support/git-servers';
import { realGuests, stackIn, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.67';
const PASSWORD = 'fake-Proxy-Pass-0918';

/**
 * A proxy that asks for a password and writes down what is asked of it. Names of example.lan are servers of this test;
 * all else goes to the lab's own proxy, which knows the way.
 */
const PROXY = `
  const { appendFileSync } = require('node:fs');
  const http = require('node:http');
  const net = require('node:net');
  const [log, password] = process.argv.slice(1);
  const ours = { 'git.example.lan': 8443, 'nodejs.example.lan': 8099 };
  const known = 'Basic ' + Buffer.from('ci:' + password).toString('base64');
  const isKnown = ({ headers, method }, host) => {
    const known_ = headers['proxy-authorization'] === known;
    if (known_) appendFileSync(log, method + ' ' + host + '\\n');
    return known_;
  };
  const server = http.createServer((request, response) => {
    const url = new URL(request.url);
    if (!isKnown(request, url.hostname)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="lab"' });
      return response.end();
    }
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const own = ours[url.hostname];
    const to = own ? { port: own, path: url.pathname } : { port: 3142, path: request.url };
    http.get({ host: '10.0.10.1', ...to, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    }).on('error', () => response.destroy());
  });
  server.on('connect', (request, client, head) => {
    const [host] = request.url.split(':');
    client.on('error', () => {});
    if (!isKnown(request, host)) {
      return client.end('HTTP/1.1 407 Proxy Authentication Required\\r\\nProxy-Authenticate: Basic realm="lab"\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n');
    }
    const own = ours[host];
    const upstream = net.connect(own || 3142, '10.0.10.1', () => {
      if (own) client.write('HTTP/1.1 200 Connection established\\r\\n\\r\\n');
      else upstream.write('CONNECT ' + request.url + ' HTTP/1.1\\r\\nHost: ' + request.url + '\\r\\n\\r\\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
  });
  server.listen(3128, '10.0.10.1');`;

const PACKAGE = JSON.stringify({
  name: 'shop',
  version: '1.0.0',
  scripts: { start: 'node server.js' },
  dependencies: { ms: '2.1.2' },
});
const SERVER = `require('http').createServer((q, r) => r.end(Object.keys(process.env).join())).listen(process.env.PORT);`;
/** Each tool that fetches, once; what it fetches is small. */
const INSTALL = `set -eu
npm install --no-audit --no-fund
/usr/local/lib/pvestack/package-manager pnpm 9.15.9
(mkdir pnpm && cd pnpm && cp ../package.json . && pnpm install --ignore-workspace)
/usr/local/lib/pvestack/package-manager yarn 1.22.22
(mkdir classic && cd classic && cp ../package.json . && yarn install --non-interactive --registry https://registry.npmjs.org)
/usr/local/lib/pvestack/package-manager yarn 4.9.2
(mkdir later && cd later && cp ../package.json . && : >yarn.lock && YARN_HTTPS_CA_FILE_PATH=$PIP_CERT YARN_NPM_REGISTRY_SERVER=https://registry.npmjs.org yarn install --no-immutable)
python3 -m venv v && v/bin/pip install --quiet six
/usr/local/lib/pvestack/python-tool uv 0.13.9
uv pip install --quiet --target u iniconfig
git ls-remote https://git.example.lan/app/.git HEAD
test -d node_modules/ms && test -d pnpm/node_modules/ms && test -d classic/node_modules/ms && test -d later/node_modules/ms
echo "by $https_proxy"
echo "not $no_proxy" >said
`;

describeWith(
  [realGuests, providers, git, command('openssl')],
  'a guest whose only way out is a proxy',
  () => {
    const lab = useRealLab({ lab: BAKED });
    const folder = mkdtempSync(path.join(os.tmpdir(), 'proxy-'));
    const log = path.join(folder, 'log');
    const repository = new AppRepository('dev', {
      'package.json': PACKAGE,
      'server.js': SERVER,
      'install.sh': INSTALL,
      '.yarnrc.yml': 'enableGlobalCache: false\n',
    });
    const stops: (() => void)[] = [];

    const synth = (options: Record<string, unknown>): void => {
      lab.workspace.synth(
        JSON.stringify({
          proxmox_host: lab.emulator.url,
          ssh_public_keys: [lab.publicKey],
          guest: { lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst', memory: 2048 },
          app_projects: {
            shop: {
              ...options,
              envs: {
                dev: {
                  name: 'shop-dev',
                  vmid: 367,
                  ip: `${ADDRESS}/24`,
                  gateway: '10.0.10.1',
                  branch: 'dev',
                },
              },
            },
          },
        }),
      );
    };
    const stack = stackIn(lab, STACK, ADDRESS);
    const { ssh } = stack;
    const apply = async (): Promise<string> => (await stack.apply()).output;
    const asked = (): string[] => {
      const lines = new Set(readFileSync(log, 'utf8').trim().split('\n'));
      writeFileSync(log, '');
      return [...lines].sort();
    };

    /** Node.js in the layout of nodejs.org, which is the guest's own. @returns its sum */
    const mirror = (version: string): string => {
      const name = `node-v${version}-linux-x64`;
      const bin = path.join(folder, `dist/v${version}`, name, 'bin');
      mkdirSync(bin, { recursive: true });
      writeFileSync(
        path.join(bin, 'node'),
        `#!/bin/sh\nif [ "$1" = --version ]; then echo v${version}; else exec /usr/bin/node "$@"; fi\n`,
      );
      writeFileSync(path.join(bin, 'npm'), '#!/bin/sh\nexec /usr/bin/npm "$@"\n');
      for (const program of ['node', 'npm']) chmodSync(path.join(bin, program), 0o755);
      execFileSync('tar', ['-cJf', `../${name}.tar.xz`, '-C', '..', name], { cwd: path.join(bin, '..') });
      const archive = path.join(folder, `dist/v${version}`, `${name}.tar.xz`);
      return execFileSync('sha256sum', [archive], { encoding: 'utf8' }).slice(0, 64);
    };

    beforeAll(async () => {
      lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
      lab.workspace.env['TF_VAR_vault_proxy'] = PASSWORD;
      writeFileSync(log, '');
      const files = ['-m', 'http.server', '8099', '--bind', '10.0.10.1', '--directory', folder];
      stops.push(
        await serveHttps(lab, repository.base, 8443),
        await serve(lab, 8099, ['python3', ...files]),
        await serve(lab, 3128, [process.execPath, '-e', PROXY, log, PASSWORD]),
      );
      // A bare guest, and what leads it to the lab's proxy is gone.
      synth({ app_type: 'none' });
      await apply();
      await ssh(`rm /etc/apt/apt.conf.d/90lab
      sed -i '/proxy/d' /etc/pip.conf /etc/npmrc /usr/etc/npmrc
      cat >/usr/local/share/ca-certificates/git.crt <<'END'
${certificateOf(repository.base)}END
      update-ca-certificates >/dev/null 2>&1`);
    });
    afterAll(() => {
      for (const stop of stops) stop();
      repository.remove();
      rmSync(folder, { recursive: true });
    });

    test('all that is fetched goes through it, and what runs knows nothing of it', async () => {
      const version = '22.0.1';
      const roots = '/etc/ssl/certs/ca-certificates.crt';
      const project = {
        repo: 'https://git.example.lan/app/.git',
        backend_dir: '.',
        backend_install: 'sh install.sh',
        backend_build: 'test -n "$https_proxy"',
        migrate: 'env >/var/lib/app/migrates-with',
        packages: ['pv', 'xz-utils', 'python3-venv'],
        node_version: version,
        node_sha256: mirror(version),
        node_mirror: 'http://nodejs.example.lan/dist',
        install_env: {
          NODE_EXTRA_CA_CERTS: roots,
          PIP_CERT: roots,
          SSL_CERT_FILE: roots,
          REQUESTS_CA_BUNDLE: roots,
        },
      };
      synth(project);
      const without = await lab.workspace.apply(STACK);
      expect([without.code, asked()]).toEqual([1, ['']]);

      synth({
        ...project,
        proxy: `http://ci:{{ vault_proxy }}@10.0.10.1:3128`,
        no_proxy: ['db.example.lan'],
      });
      expect(lab.workspace.json(STACK)).not.toContain(PASSWORD);
      const plan = await lab.workspace.plan(STACK);
      expect(plan.output).toContain('http_proxy=http://ci:{{ vault_proxy }}@10.0.10.1:3128');
      const deployed = await apply();
      expect(plan.output + deployed).not.toContain(PASSWORD);
      expect(asked()).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^GET .*debian/),
          'CONNECT files.pythonhosted.org',
          'CONNECT git.example.lan',
          'CONNECT pypi.org',
          'CONNECT registry.npmjs.org',
          'GET nodejs.example.lan',
        ]),
      );
      expect((await lab.workspace.plan(STACK)).output).toContain('No changes.');
      // The look asks for the branch.
      expect(asked()).toEqual(['CONNECT git.example.lan']);

      expect(
        await ssh(`stat -c '%a %U:%G' /etc/pvestack/proxy
        cat /srv/app/current/said
        systemctl show -p EnvironmentFiles apt-daily.service apt-daily-upgrade.service
        grep -rl '${PASSWORD}' /etc /srv/app /var/lib/app /var/lib/pvestack /var/log 2>/dev/null
        grep -c proxy /var/lib/app/migrates-with
        for pid in /proc/[0-9]*; do tr '\\0' '\\n' <$pid/environ | grep -q '^https_proxy' && cat $pid/cmdline; done
        curl -s -m 3 http://localhost:3001 | tr , '\\n' | grep -c proxy; true`),
      ).toBe(`600 root:root
not localhost,127.0.0.1,::1,db.example.lan
EnvironmentFiles=/etc/pvestack/proxy (ignore_errors=yes)

EnvironmentFiles=/etc/pvestack/proxy (ignore_errors=yes)
/etc/pvestack/proxy
0
0`);
    });

    test('a step that fails does not print the password; without the key the proxy is gone from the guest', async () => {
      repository.commit('broken', { 'install.sh': 'echo "by $https_proxy"; exit 1\n' });
      const { code, output } = await lab.workspace.apply(STACK);
      expect([code, output]).toEqual([1, expect.stringContaining('| by ***')]);
      expect(output).not.toContain(PASSWORD);
      synth({ app_type: 'none' });
      await apply();
      expect(
        await ssh(
          'ls -d /etc/pvestack/proxy /etc/systemd/system/apt-daily*.d 2>/dev/null; systemctl show -p EnvironmentFiles apt-daily.service',
        ),
      ).toBe('');
    });
  },
);

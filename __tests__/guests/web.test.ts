import { AppRepository, APP, BAKED, BAKED_13, git, serveGit, watch } from '../support/app-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';
import { unwrapped } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.67';
const ROUTES = { '/api': 'backend', '/': 'frontend' };

/** Takes a moment to start, ends what it has begun when it is stopped, and echoes. */
const BACKEND = `
const version = require('node:fs').readFileSync('version', 'utf8');
const server = require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (data) => (body += data));
  request.on('end', () => {
    if (request.url === '/health') return response.end('ok');
    if (request.url === '/api/headers') return response.end(JSON.stringify(request.headers));
    response.end(version + body);
  });
});
server.on('upgrade', (_request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n');
  socket.pipe(socket);
});
setTimeout(() => server.listen(Number(process.env.PORT)), 1500);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

describe.each([
  ['12', BAKED],
  ['13', BAKED_13],
])('the web front on Debian %s', (debian, base) => {
  describeWith([realGuests, providers, git], 'a guest', () => {
    const lab = useRealLab({ lab: base });
    const repository = new AppRepository('dev', { ...APP, 'backend/server.js': BACKEND });
    let stop = (): void => undefined;

    const synth = (project: Record<string, unknown>): void => {
      lab.workspace.synth(
        JSON.stringify({
          proxmox_host: lab.emulator.url,
          ssh_public_keys: [lab.publicKey],
          guest: { lxc_ostemplate: `local:vztmpl/debian-${debian}-baked_1_amd64.tar.zst` },
          app_projects: {
            shop: {
              repo: 'git://10.0.10.1/app',
              backend_health_path: '/health',
              env_vars: { TITLE: 'Shop' },
              ...project,
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
    const front = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
      web: { routes: ROUTES, ...more },
    });
    const ssh = async (script: string): Promise<string> => {
      const { code, output } = await lab.ssh(ADDRESS, script);
      expect([code, output]).toEqual([0, output]);
      return output.trim();
    };
    const apply = async (): Promise<void> => {
      const { code, output } = await lab.workspace.apply(STACK);
      expect([code, output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    };
    const nothingToDo = async (): Promise<void> => {
      const { code, output } = await lab.workspace.plan(STACK);
      expect([code, output]).toEqual([0, expect.stringContaining('No changes.')]);
    };
    const curl = async (url: string, ...options: string[]): Promise<string> =>
      (await lab.exec('curl', ['-sm', '5', ...options, url])).output;
    /** What a client got that asked all the time, while something was done. */
    const duringIt = async (work: () => Promise<void>): Promise<void> => {
      const url = `http://${ADDRESS}`;
      const gets = await watch(lab, [`${url}/`, `${url}/api/x`], { timeout: 20_000 });
      const posts = await watch(lab, [`${url}/api/y`], { timeout: 20_000, body: 'order' });
      await work();
      const seen = [await gets(), await posts()];
      const windows = seen.map((client) => client.windows);
      const failed = windows.some((client) => Object.values(client).flat().length > 0);
      const errors = failed
        ? await ssh(`journalctl -q -o cat -u caddy | grep '"level":"error"' | tail -n 5`)
        : '';
      expect([errors, ...windows]).toEqual([
        '',
        { [`${url}/`]: [], [`${url}/api/x`]: [] },
        { [`${url}/api/y`]: [] },
      ]);
      for (const { requests } of seen) expect(requests).toBeGreaterThan(20);
    };

    beforeAll(async () => {
      lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
      stop = await serveGit(lab, repository);
    });
    afterAll(() => {
      stop();
      repository.remove();
    });

    test('one port stands before both services, and theirs are closed', async () => {
      synth(front());
      await apply();
      await nothingToDo();
      expect(await curl(`http://${ADDRESS}/`)).toBe('<h1>Shop</h1>');
      expect(await curl(`http://${ADDRESS}/api/x`)).toBe('one');
      expect(await curl(`http://${ADDRESS}:3001/health`, '-w', '%{exitcode}')).toBe('28');
      const head = await curl(`http://${ADDRESS}/`, '-si', '-H', 'Accept-Encoding: gzip');
      expect(head).toContain('X-Content-Type-Options: nosniff');
      expect(head).not.toContain('Server:');
      const forwarded = JSON.parse(
        await curl(`http://${ADDRESS}/api/headers`, '-H', 'X-Forwarded-For: 6.6.6.6'),
      ) as Record<string, string>;
      expect(forwarded).toMatchObject({
        'x-forwarded-for': '10.0.10.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': ADDRESS,
      });
      // A WebSocket: what is sent after the upgrade comes back.
      const program = `const s = require('node:net').connect(80, '${ADDRESS}');
        s.write('GET /api/ws HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n');
        s.once('data', (d) => { console.log(String(d).split(' ')[1]); s.write('echo'); s.once('data', (d) => { console.log(String(d)); s.destroy(); }); });`;
      expect((await lab.exec(process.execPath, ['-e', program])).output).toBe('101\necho\n');
      // The application cannot change what Caddy does.
      expect(
        await ssh(`runuser -u app -- curl -sm 3 --unix-socket /run/caddy/admin.sock http://caddy/config/ || echo refused
          curl -sm 3 http://localhost:2019/config/ || echo refused
          journalctl -q -u caddy | grep -c '"uri":"/api/headers"'`),
      ).toBe('refused\nrefused\n1');
    });

    test('a release, a changed environment and a change of the front cost no request', async () => {
      repository.commit('two', { 'backend/version': 'two' });
      await duringIt(apply);
      expect(await curl(`http://${ADDRESS}/api/x`)).toBe('two');
      synth({ ...front(), env_vars: { TITLE: 'Shop', MORE: 'yes' } });
      await duringIt(apply);
      synth({ ...front({ snippet: 'header X-Mine yes\nhandle /own {\n\trespond mine\n}' }) });
      await duringIt(apply);
      expect(await curl(`http://${ADDRESS}/own`)).toBe('mine');
      expect(await ssh('ls /run/pvestack-web')).toBe('gate');
    });

    test('maintenance is a page that deploys leave alone', async () => {
      const maintenance = '/usr/local/lib/pvestack/maintenance';
      expect(await ssh(`${maintenance} status; ${maintenance} on 'a < b & "c"'`)).toMatch(
        /^off\non since 20\S+Z: a < b & "c"$/,
      );
      await nothingToDo();
      for (const url of [`http://${ADDRESS}/`, `http://${ADDRESS}/api/x`]) {
        const page = await curl(url, '-i');
        expect(page).toMatch(/^HTTP\/1.1 503 /);
        expect(page).toContain('Retry-After: 120');
        expect(page).toContain('<p>a &lt; b &amp; &quot;c&quot;</p>');
      }
      expect(await ssh(`${maintenance} off; ${maintenance} status`)).toBe('off\noff');
      expect(await curl(`http://${ADDRESS}/api/x`)).toBe('two');
    });

    test('a file that Caddy does not take changes nothing, and says why', async () => {
      synth(front({ snippet: 'bogus on' }));
      const { code, output } = await lab.workspace.apply(STACK);
      expect(code).toBe(1);
      expect(unwrapped(output)).toContain('unrecognized directive: bogus');
      expect(await curl(`http://${ADDRESS}/api/x`)).toBe('two');
      expect(await ssh('grep -c bogus /etc/caddy/Caddyfile || true')).toBe('0');
      // What passes the check and does not run: another program has its port.
      await ssh(
        `systemd-run --quiet --unit=squatter node -e "require('net').createServer().listen(443)"; sleep 1`,
      );
      synth(front({ hostname: 'shop.example.lan', tls: 'internal' }));
      const second = await lab.workspace.apply(STACK);
      expect([second.code, unwrapped(second.output)]).toEqual([
        1,
        expect.stringContaining('address already in use'),
      ]);
      expect(await curl(`http://${ADDRESS}/api/x`)).toBe('two');
      expect(await ssh('systemctl stop squatter; grep -c "tls internal" /etc/caddy/Caddyfile || true')).toBe(
        '0',
      );
    });

    test('what deviates is seen and mended', async () => {
      synth(front());
      await apply();
      for (const [change, says] of [
        ['systemctl stop caddy', 'not running caddy.service'],
        ['echo "# by hand" >>/etc/caddy/Caddyfile', 'edited /etc/caddy/Caddyfile'],
      ] as const) {
        await ssh(change);
        const { code, output } = await lab.workspace.plan(STACK);
        expect([code, output]).toEqual([2, expect.stringContaining(says)]);
        await apply();
        await nothingToDo();
        expect(await curl(`http://${ADDRESS}/api/x`)).toBe('two');
      }
    });

    test('TLS by a CA of its own', async () => {
      synth(front({ hostname: 'shop.example.lan', tls: 'internal' }));
      await apply();
      await nothingToDo();
      const root = lab.workspace.root + '/root.crt';
      await lab.shell(
        `ssh root@${ADDRESS} cat /var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt >${root}`,
      );
      const named = ['--cacert', root, '--connect-to', `::${ADDRESS}:`];
      expect(await curl('https://shop.example.lan/api/x', ...named)).toBe('two');
      expect(await curl('http://shop.example.lan/api/x', '-i', ...named)).toContain(
        'Location: https://shop.example.lan/api/x',
      );
      expect(await curl(`http://${ADDRESS}/`, '-o', '/dev/null', '-w', '%{http_code}')).toBe('421');
    });

    test('TLS by a CA that speaks ACME', async () => {
      // Another Caddy is that CA; it finds the guest by its name, and the guest trusts it.
      await ssh(`mkdir /root/ca && cat >/root/ca/Caddyfile <<'END'
{
	admin off
	auto_https disable_redirects
	skip_install_trust
}
https://ca.example.lan:9443 {
	tls internal
	acme_server
}
END
        echo '127.0.0.1 ca.example.lan shop.example.lan' >>/etc/hosts
        systemd-run --quiet --unit=test-ca -E HOME=/root/ca caddy run --config /root/ca/Caddyfile
        root=/root/ca/.local/share/caddy/pki/authorities/local/root.crt
        for _ in 1 2 3 4 5 6 7 8 9 10; do [ ! -s "$root" ] || break; sleep 0.5; done
        cp "$root" /usr/local/share/ca-certificates/test-ca.crt
        update-ca-certificates >/dev/null 2>&1 && systemctl restart caddy`);
      synth(
        front({
          hostname: 'shop.example.lan',
          tls: 'acme',
          email: 'ops@example.lan',
          acme_ca: 'https://ca.example.lan:9443/acme/local/directory',
        }),
      );
      await apply();
      await nothingToDo();
      const root = `${lab.workspace.root}/acme.crt`;
      await lab.shell(`ssh root@${ADDRESS} cat /usr/local/share/ca-certificates/test-ca.crt >${root}`);
      const retry = ['--retry', '20', '--retry-delay', '1', '--retry-all-errors', '-m', '60'];
      const named = ['--cacert', root, '--connect-to', `::${ADDRESS}:`];
      const page = await curl('https://shop.example.lan/api/x', '-i', ...named, ...retry);
      expect(page).toMatch(/two$/);
      expect(page.toLowerCase()).toContain('strict-transport-security: max-age=31536000');
      await ssh('systemctl stop test-ca');
    });

    test('files that a build makes are served from the release, and nothing else of it', async () => {
      const files = {
        'frontend/build.js': `const { mkdirSync, writeFileSync, symlinkSync } = require('node:fs');
mkdirSync('dist/.git', { recursive: true });
writeFileSync('dist/index.html', '<h1>' + process.env.TITLE + '</h1>');
writeFileSync('dist/app-0a1b2c3d.js', 'app');
writeFileSync('dist/.git/config', 'secret');
symlinkSync('/srv/app/.env.dev', 'dist/env');
symlinkSync('../package.json', 'dist/linked.json');
symlinkSync('app-0a1b2c3d.js', 'dist/app.js');
symlinkSync('/etc', 'dist/etc');`,
        'frontend/package.json': JSON.stringify({
          name: 'frontend',
          version: '1.0.0',
          private: true,
          scripts: { build: 'node build.js' },
        }),
      };
      repository.commit('static', files);
      synth({ ...front(), services: { backend: {}, frontend: { static: 'dist' } } });
      await apply();
      await nothingToDo();
      const url = `http://${ADDRESS}`;
      const answer = (path: string): Promise<string> =>
        curl(url + path, '-w', ' %{http_code} %header{cache-control}');
      expect(await answer('/')).toBe('<h1>Shop</h1> 200 no-cache');
      expect(await answer('/orders/7')).toBe('<h1>Shop</h1> 200 no-cache');
      expect(await answer('/app-0a1b2c3d.js')).toBe('app 200 public, max-age=31536000, immutable');
      expect(await answer('/gone-0a1b2c3d.js')).toMatch(/^ 404 /);
      expect(await answer('/.git/config')).toMatch(/^ 404 /);
      expect(await answer('/env')).not.toContain('TITLE');
      expect(await answer('/linked.json')).toMatch(/^ 404 /);
      // Caddy follows links with its own rights, so those that lead out of the folder are gone.
      expect(await answer('/etc/passwd')).not.toContain('root:');
      expect(await answer('/app.js')).toMatch(/^app 200 /);
      expect(await curl(`${url}/api/x`)).toBe('two');
      expect(
        await ssh(`systemctl list-units --all 'app-frontend*' --no-legend | wc -l
          runuser -u caddy -- cat /srv/app/current/backend/server.js 2>/dev/null | wc -l`),
      ).toBe('0\n0');
      repository.commit('static, later', { 'backend/version': 'three' });
      await duringIt(apply);
      expect(await curl(`${url}/api/x`)).toBe('three');

      repository.commit('no files', {
        'frontend/build.js': `require('node:fs').symlinkSync('/etc', 'dist')`,
      });
      const { code, output } = await lab.workspace.apply(STACK);
      expect([code, unwrapped(output)]).toEqual([
        1,
        expect.stringContaining('the release has no folder frontend/dist for the web front to serve'),
      ]);
      expect(await answer('/')).toBe('<h1>Shop</h1> 200 no-cache');
      repository.commit('back', { ...APP, 'backend/server.js': BACKEND });
    });

    test('without it all is as before', async () => {
      // The release that is live has no frontend to start, so the front leaves first.
      synth({ remove_packages: true });
      await apply();
      await nothingToDo();
      expect(await curl(`http://${ADDRESS}:3001/health`)).toBe('ok');
      expect(
        await ssh(`ls -d /etc/caddy/Caddyfile /etc/systemd/system/caddy.service.d /etc/pvestack/web 2>/dev/null | wc -l
          dpkg-query -W -f '\${db:Status-Status}\\n' caddy
          ufw status | grep -c -e '^80/' -e '^443/' || true`),
      ).toBe('0\nconfig-files\n0');
    });
  });
});

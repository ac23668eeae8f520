import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { realGuests, stackIn, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.66';

describeWith(
  [realGuests, providers, git],
  'PostgreSQL, Redis, jobs and reports of a Node.js application',
  () => {
    const lab = useRealLab({ lab: BAKED });
    const repository = new AppRepository();
    let stop = (): void => undefined;

    const synth = (features: Record<string, unknown>): void => {
      lab.workspace.synth(
        JSON.stringify({
          proxmox_host: lab.emulator.url,
          ssh_public_keys: [lab.publicKey],
          guest: { lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst' },
          app_projects: {
            shop: {
              repo: 'git://10.0.10.1/app',
              backend_health_path: '/health',
              ...features,
              envs: {
                dev: {
                  name: 'shop-dev',
                  vmid: 366,
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
    const { ssh, apply, nothingToDo } = stackIn(lab, STACK, ADDRESS);

    beforeAll(async () => {
      lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
      stop = await serveGit(lab, repository);
    });
    afterAll(() => {
      stop();
      repository.remove();
    });

    test('the database is the application’s, a job writes into it, and a failure is told', async () => {
      synth({
        postgresql: {},
        run_jobs: true,
        jobs: {
          count: {
            run: "psql -qc 'CREATE TABLE IF NOT EXISTS t (i int)' -c 'INSERT INTO t VALUES (1)'",
            at: 'daily',
          },
          broken: { run: 'echo sorry; false', cron: '0 6 * * *' },
        },
        failure_hook: 'cat >/var/lib/app/told-$UNIT',
        health_command: 'test "$(psql -Atc \'SELECT 1\')" = 1',
      });
      await apply();
      await nothingToDo();
      expect(
        await ssh(`systemctl start app-job-count && systemctl start app-job-count
        cd / && runuser -u app -- psql -Atc 'SELECT count(*) FROM t' shop
        systemctl start app-job-broken 2>/dev/null || echo failed
        for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s /var/lib/app/told-app-job-broken ] && break; sleep 0.5; done
        cat /var/lib/app/told-app-job-broken
        systemctl show -p Restart -p Type -p ProtectSystem app-job-count.service app-backend.service`),
      ).toBe(
        '2\nfailed\nsorry\nType=oneshot\nRestart=no\nProtectSystem=strict\n\nType=exec\nRestart=always\nProtectSystem=strict',
      );
      expect((await lab.exec('curl', ['-sm', '5', `http://${ADDRESS}:3001/health`])).code).toBe(0);
    });

    test('Redis is the application’s, by a socket that no build reaches; what it is to keep it keeps', async () => {
      synth({
        postgresql: {},
        redis: { maxmemory: 64, maxmemory_policy: 'allkeys-lru', persistence: 'log' },
        packages: ['redis-tools'],
        frontend_build: 'node build.js; test -n "$REDIS_URL"; ! test -e "${REDIS_URL#unix://}"',
        health_command: 'test "$(redis-cli -s "${REDIS_URL#unix://}" INCR checks)" = 1',
      });
      await apply();
      await nothingToDo();
      expect(
        await ssh(`as() { user=$1; shift; runuser -u "$user" -- redis-cli -s /run/redis/redis-server.sock "$@"; }
        tr '\\0' '\\n' <"/proc/$(systemctl show -p MainPID --value app-backend)/environ" | grep REDIS_URL
        cd / && as app CONFIG GET maxmemory; as app CONFIG GET maxmemory-policy
        systemctl restart redis-server; as app GET checks; true
        as app-build GET checks 2>&1 | grep -o 'Permission denied'
        ss -Hltnp | grep -c redis || true`),
      ).toBe(
        'REDIS_URL=unix:///run/redis/redis-server.sock\nmaxmemory\n67108864\nmaxmemory-policy\nallkeys-lru\n1\nPermission denied\n0',
      );
      await ssh('systemctl stop redis-server');
      const { output } = await lab.workspace.plan(STACK);
      expect(output).toContain('not running redis-server.service');
      await apply();
    });

    test('a release that is not well says so before it is switched to, and names the dump', async () => {
      repository.commit('two', { 'backend/version': 'two' });
      synth({ postgresql: {}, health_command: 'echo no database; false' });
      const { code, output } = await lab.workspace.apply(STACK);
      expect([code, output]).toEqual([1, expect.stringContaining('no database')]);
      expect(output).toMatch(/health failed\. \w{7} runs on, nothing was switched\./);
      expect(output).toContain(
        'The database as it was before the migration: /var/backups/pvestack/shop-before-migration-',
      );
    });

    test('what leaves the inventory leaves the guest; the data stays', async () => {
      synth({});
      await apply();
      await nothingToDo();
      expect(
        await ssh(`ls /etc/systemd/system | grep -c -e app-job -e pvestack-backup -e pvestack-failure || true
        ls /usr/local/bin/restore_app_db.sh /etc/pvestack/redis.conf 2>/dev/null | wc -l
        systemctl is-enabled redis-server; systemctl is-active redis-server
        ls -d /etc/systemd/system/redis-server.service.d 2>/dev/null; ls -d /var/lib/redis
        cd / && runuser -u postgres -- psql -Atc 'SELECT count(*) FROM t' shop`),
      ).toBe('0\n0\ndisabled\ninactive\n/var/lib/redis\n2');
    });
  },
);

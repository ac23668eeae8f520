import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { generate } from 'selfsigned';
import { AppRepository, git } from '../support/app-fixture';
import {
  makeExecutable,
  migrationFile,
  POTE,
  PYTHON_BAKED,
  PYTHON_TEMPLATE,
  serveMail,
  servePrivately,
  sshd,
  touched,
  type MailServer,
  type PrivateRepository,
} from '../support/pote-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';
import type { Outcome } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(900_000);

const ENVS = ['dev', 'qa', 'prod'] as const;
type EnvName = (typeof ENVS)[number];
const ADDRESS: Record<EnvName, string> = { dev: '10.0.10.41', qa: '10.0.10.42', prod: '10.0.10.43' };
const stack = (env: EnvName): string => `app-pote-${env}`;
/** What may stand nowhere but in the files that need it, both plain and encoded. */
const SECRETS: Record<string, string> = {
  vault_dev_password: 'pw-dev-0123456789',
  vault_qa_password: 'pw-qa-0123456789',
  vault_prod_password: `pw'prod"$x-0123456789`,
  vault_smtp_password: 'smtp"\\secret-0123456789',
};

const JOBS = {
  'daily-run': "run: scripts/automated_daily_run.sh, at: '*:*:0/10'",
  'weekly-run': "run: scripts/automated_weekly_run.sh, cron: '* * * * *'",
  'daily-report':
    "run: python scripts/send_daily_report.py --to team@example.lan, at: 'Mon..Fri *-*-* 08:00:00'",
  health: "run: python health_check.py, at: '*-*-* 03:00:00', timeout: 120",
};

describeWith([realGuests, providers, git, sshd, command('curl')], 'POTE on dev, qa and prod', () => {
  const lab = useRealLab({ lab: PYTHON_BAKED });
  const repository = new AppRepository('main', POTE);
  let source: PrivateRepository;
  let mail: MailServer;
  let certificate: string;

  const synth = (jobs: Record<string, string> = JOBS, smtp = 'SMTP_PORT: 2525'): void => {
    const job = Object.entries(jobs).map(([name, lines]) => `      ${name}: {${lines}}\n`);
    const env = (name: EnvName, vmid: number, lines = ''): string => `      ${name}:
        name: pote-${name}
        vmid: ${vmid}
        ip: ${ADDRESS[name]}/24
        gateway: 10.0.10.1
        branch: main
        env_vars: {DATABASE_URL: 'postgresql://pote:{{ vault_${name}_password }}@localhost/pote'}
        postgresql: {password: '{{ vault_${name}_password }}', extensions: [pg_trgm]}
${lines}`;
    lab.workspace.synth(`proxmox_host: ${lab.emulator.url}
ssh_public_keys: [${lab.publicKey}]
guest: {lxc_ostemplate: "${PYTHON_TEMPLATE}"}
app_projects:
  pote:
    app_type: python
    repo: ${source.url}
    git_deploy_key: '{{ vault_git_deploy_key }}'
    git_known_hosts: ['${source.knownHost}']
    env_vars: {SMTP_HOST: 10.0.10.1, ${smtp}, SMTP_FROM: 'POTE <pote@example.lan>'}
    failure_mail: ops@example.lan
    failure_hook: 'cat >>/var/lib/app/hook; echo "$UNIT" >>/var/lib/app/hook'
    jobs:
${job.join('')}    envs:
${env('dev', 401)}${env('qa', 402)}${env(
      'prod',
      403,
      `        run_jobs: true
        guest: {mount_points: [{path: /var/lib/postgresql, volume: local-lvm, size: 4}]}
`,
    )}`);
  };
  const guest = (env: EnvName, script: string): Promise<Outcome> => lab.ssh(ADDRESS[env], script);
  const sql = async (env: EnvName, query: string): Promise<string> => {
    const { code, output } = await guest(env, `runuser -u postgres -- psql -XAtq -d pote -c "${query}"`);
    if (code !== 0) throw new Error(output);
    return output.trim();
  };
  const apply = async (env: EnvName): Promise<string> => {
    const { code, output } = await lab.workspace.apply(stack(env));
    if (code !== 0) throw new Error(output.slice(-3000));
    return output;
  };
  const nothingToDo = async (env: EnvName): Promise<void> => {
    const { code, output } = await lab.workspace.plan(stack(env));
    expect([code, touched(output)]).toEqual([0, []]);
  };
  /** What the plan touches; then does it, and there is nothing left to do. */
  const change = async (env: EnvName): Promise<string[]> => {
    const { output } = await lab.workspace.plan(stack(env));
    await apply(env);
    await nothingToDo(env);
    return touched(output);
  };
  const eventually = async (what: () => Promise<boolean>, seconds: number): Promise<void> => {
    const deadline = Date.now() + seconds * 1000;
    while (!(await what())) {
      if (Date.now() > deadline) throw new Error(`not within ${seconds} s`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };

  beforeAll(async () => {
    makeExecutable(repository);
    source = await servePrivately(lab, repository);
    const deployKey = source.newKey();
    source.allowOnly(deployKey);
    const pems = await generate([{ name: 'commonName', value: '10.0.10.1' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '10.0.10.1' }] }],
    });
    const file = (name: string, text: string): string => {
      const where = path.join(repository.base, name);
      writeFileSync(where, text);
      return where;
    };
    certificate = pems.cert;
    mail = await serveMail(lab, file('mail.key', pems.private), file('mail.crt', pems.cert));
    Object.assign(lab.workspace.env, {
      TF_VAR_ssh_private_key_file: lab.privateKey,
      TF_VAR_vault_git_deploy_key: deployKey,
      ...Object.fromEntries(Object.entries(SECRETS).map(([name, value]) => [`TF_VAR_${name}`, value])),
    });
  });
  afterAll(() => {
    source.stop();
    mail.stop();
    repository.remove();
  });

  test('deploys all three, each with its tables; only prod runs jobs; then there is nothing to do', async () => {
    synth();
    // init writes the plugin folder of each stack; the applies then run side by side.
    await Promise.all(ENVS.map(apply));
    await Promise.all(ENVS.map(nothingToDo));
    for (const env of ENVS) {
      expect(
        await sql(
          env,
          "select string_agg(tablename, ' ' order by tablename) from pg_tables where schemaname = 'public'",
        ),
      ).toBe('alembic_version runs trades');
      expect(await sql(env, "select extname from pg_extension where extname = 'pg_trgm'")).toBe('pg_trgm');
      const { output } = await guest(
        env,
        `systemctl list-timers --all --no-legend 'app-job-*' | grep -o 'app-job-[a-z-]*.timer' | sort | tr '\\n' ' '
        ls /etc/cron.d | grep appstack || true
        readlink /srv/app/current/.env; ss -Hltn 'sport = :5432' | awk '{ print $4 }' | sort | tr '\\n' ' '`,
      );
      expect(output.trimEnd().split('\n')).toEqual(
        [
          ...(env === 'prod'
            ? ['app-job-daily-report.timer app-job-daily-run.timer app-job-health.timer appstack-weekly-run']
            : []),
          `/srv/app/.env.${env}`,
          expect.stringMatching(/^127\.0\.0\.1:5432 (\[::1\]:5432 )?$/),
        ].slice(0, 4),
      );
    }
    expect((await guest('prod', 'findmnt -no TARGET /var/lib/postgresql')).output).toBe(
      '/var/lib/postgresql\n',
    );
  });

  test('a job started by its timer, and one started by cron, leave their rows and logs', async () => {
    await eventually(
      async () => (await sql('prod', "select count(*) from runs where kind = 'daily'")) !== '0',
      60,
    );
    await eventually(
      async () => (await sql('prod', "select count(*) from runs where kind = 'weekly'")) !== '0',
      75,
    );
    const { output } = await guest(
      'prod',
      'cd ~app/logs && head -qn 1 daily-run.log daily.log weekly-run.log weekly.log; stat -c "%a %U" daily-run.log',
    );
    expect(output.split('\n')).toEqual([
      'daily run done',
      'daily',
      'weekly run done',
      'weekly',
      '600 app',
      '',
    ]);
    const report = await guest(
      'prod',
      'systemctl start app-job-daily-report && cat ~app/logs/daily-report.log',
    );
    expect(report).toEqual({ code: 0, output: 'sent to team@example.lan\n' });
    expect(await mail.next()).toMatchObject({
      to: 'team@example.lan',
      data: expect.stringContaining('all well') as string,
    });
  });

  test('a changed schedule and a removed job touch the app layer only', async () => {
    const before = await guest('prod', 'readlink /srv/app/current');
    synth({
      'daily-run': "run: scripts/automated_daily_run.sh, at: '00:00:01'",
      health: JOBS.health,
    });
    expect(await change('prod')).toEqual(['app']);
    const { output } = await guest(
      'prod',
      `systemctl list-timers --all --no-legend 'app-job-*' | grep -o 'app-job-[a-z-]*.timer' | sort
      systemctl show -p TimersCalendar app-job-daily-run.timer | grep -o 'OnCalendar=[^;]*'
      ls /etc/systemd/system/ | grep -E 'weekly|report' || true
      ls /etc/cron.d | grep appstack || true
      systemctl show -p LoadState --value app-job-daily-report.service app-job-daily-report.timer app-job-weekly-run.service`,
    );
    expect(output.split('\n').filter((line) => line !== '')).toEqual([
      'app-job-daily-run.timer',
      'app-job-health.timer',
      'OnCalendar=*-*-* 00:00:01 ',
      ...['not-found', 'not-found', 'not-found'],
    ]);
    // A run of the new schedule that lies in the past was not missed.
    const runs = await sql('prod', 'select count(*) from runs');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await sql('prod', 'select count(*) from runs')).toBe(runs);
    expect(await guest('prod', 'readlink /srv/app/current')).toEqual(before);
    await nothingToDo('dev');
  });

  test('a failed job sends a mail and runs the hook; an SMTP password travels encrypted and on no command line', async () => {
    const broken = { broken: `run: 'echo half; echo "50% of $HOME"; exit 3', at: daily` };
    synth(broken);
    expect(await change('prod')).toEqual(['app']);
    expect((await guest('prod', 'systemctl start app-job-broken')).code).not.toBe(0);
    const first = await mail.next();
    expect(first).toMatchObject({ to: 'ops@example.lan', tls: false });
    expect(first.login).toBeUndefined();
    expect(first.data).toMatch(
      /^From: POTE <pote@example.lan>\r\nTo: ops@example.lan\r\nSubject: pote-prod: app-job-broken failed\r\n/,
    );
    expect(first.data).toMatch(/\r\nhalf\r\n50% of \/var\/lib\/app\r\n/);
    await eventually(
      async () => (await guest('prod', 'cat ~app/hook')).output.endsWith('app-job-broken\n'),
      10,
    );
    expect((await guest('prod', 'cat ~app/hook')).output).toBe('half\n50% of /var/lib/app\napp-job-broken\n');

    synth(broken, "SMTP_PORT: 465, SMTP_USER: pote, SMTP_PASSWORD: '{{ vault_smtp_password }}'");
    expect(await change('prod')).toEqual(['app']);
    await guest(
      'prod',
      `printf '%s' '${certificate}' >/usr/local/share/ca-certificates/mail.crt; update-ca-certificates >/dev/null
      (while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; done) >/run/seen & echo $! >/run/watcher`,
    );
    await guest('prod', 'systemctl start app-job-broken');
    expect(await mail.next()).toMatchObject({ tls: true, login: `pote:${SECRETS['vault_smtp_password']}` });
    const seen = await guest(
      'prod',
      'kill "$(cat /run/watcher)"; grep -ac "report-failure\\|smtps://" /run/seen; grep -ac 0123456789 /run/seen',
    );
    expect(seen.output).toMatch(/^[1-9]\d*\n0\n$/);

    // Nobody listens: the hook runs nevertheless.
    await guest('prod', 'rm ~app/hook');
    synth(broken, 'SMTP_PORT: 2526');
    expect(await change('prod')).toEqual(['app']);
    await guest('prod', 'systemctl start app-job-broken');
    await eventually(
      async () => (await guest('prod', 'cat ~app/hook')).output.endsWith('app-job-broken\n'),
      20,
    );
  });

  test('a rotated deploy key touches the app layer only, a new commit the release only, with its migration', async () => {
    const rotated = source.newKey();
    source.allowOnly(rotated);
    lab.workspace.env['TF_VAR_vault_git_deploy_key'] = rotated;
    expect(await change('prod')).toEqual(['app']);
    repository.commit(
      'notes',
      migrationFile('0003', '0002', 'op.add_column("trades", sa.Column("note", sa.Text))'),
    );
    expect(await change('prod')).toEqual(['release']);
    expect(await sql('prod', 'select version_num from alembic_version')).toBe('0003');
    const { output } = await guest(
      'prod',
      'stat -c "%a %U" /etc/appstack/deploy_key; runuser -u app -- cat /etc/appstack/deploy_key',
    );
    expect(output).toMatch(/^600 root\n.*Permission denied\n$/);
    // dev still has the old key: its next plan says so, and stays empty.
    const { output: refused } = await lab.workspace.plan(stack('dev'));
    expect(refused).toContain('null_resource.app');
  });

  test('no secret stands where it need not', async () => {
    const words = ['0123456789', 'BEGIN OPENSSH PRIVATE KEY'];
    const encoded = words.flatMap((word) => [word, Buffer.from(word).toString('base64').slice(0, 12)]);
    for (const env of ENVS) {
      const plan = await lab.workspace.plan(stack(env));
      for (const text of [lab.workspace.json(stack(env)), lab.workspace.state(stack(env)), plan.output])
        for (const word of encoded) expect(text).not.toContain(word);
    }
    const { output } = await guest(
      'prod',
      `grep -rlE '0123456789|BEGIN OPENSSH' /etc /srv /var /usr/local /root /tmp /run 2>/dev/null | grep -vE '^/(etc/ssh|run/seen|var/lib/(dpkg|apt|postgresql/[0-9]*/main/(base|global|pg_wal)))' | sort
      journalctl -q --no-pager | grep -cE '0123456789' || true
      ps -eo args | grep -c '[0]123456789' || true
      find /etc/appstack /srv/app/.env.prod /var/backups/appstack /var/lib/app -perm /o+r -type f 2>/dev/null || true`,
    );
    expect(output.split('\n')).toEqual(['/etc/appstack/deploy_key', '/srv/app/.env.prod', '0', '0', '']);
  });

  test('a reboot brings everything up', async () => {
    await lab.api('POST', '/nodes/pve/lxc/403/status/reboot');
    await lab.waitForSsh(ADDRESS.prod);
    await eventually(async () => (await sql('prod', 'select 1')) === '1', 30);
    const { output } = await guest(
      'prod',
      `systemctl is-active appstack-backup.timer app-job-broken.timer; runuser -u app -- sh -c 'cd /srv/app/current && .venv/bin/python health_check.py'`,
    );
    expect(output).toMatch(/^active\nactive\n\{"status": "ok"/);
    await nothingToDo('prod');
  });
});

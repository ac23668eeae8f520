import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from 'selfsigned';
import { AppRepository, git } from '../support/app-fixture';
import { did } from '../support/deploy';
import {
  makeExecutable,
  migrationFile,
  POTE,
  PYTHON_BAKED,
  PYTHON_TEMPLATES,
  serveMail,
  servePrivately,
  SICK_SERVICE,
  sshd,
  touched,
  type MailServer,
  type PrivateRepository,
} from '../support/pote-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped, type Outcome } from '../support/workspace';

// The first test of a machine builds the base images.
jest.setTimeout(1_200_000);

const ENVS = ['dev', 'qa', 'prod'] as const;
type EnvName = (typeof ENVS)[number];
const ADDRESS: Record<EnvName, string> = { dev: '10.0.10.41', qa: '10.0.10.42', prod: '10.0.10.43' };
const stack = (env: EnvName): string => `app-pote-${env}`;
/** A word of every secret, which no package holds; and as a pattern that does not find itself. */
const MARK = 'Kq3vR8xW';
const IN_SCRIPT = '[K]q3vR8xW';
/** What may stand nowhere but in the files that need it, both plain and encoded. qa needs no password. */
const SECRETS: Record<string, string> = {
  vault_dev_password: `pw-dev-${MARK}`,
  vault_prod_password: `pw'prod;&x-${MARK}`,
  vault_smtp_password: `smtp"\\secret-${MARK}`,
};
const ROTATED = `pw$dev"2-${MARK}`;

const JOBS = {
  'daily-run': "run: scripts/automated_daily_run.sh, at: '*:*:0/10'",
  'weekly-run': "run: scripts/automated_weekly_run.sh, cron: '* * * * *'",
  'daily-report':
    "run: python scripts/send_daily_report.py --to team@example.lan, at: 'Mon..Fri *-*-* 08:00:00'",
  health: "run: python health_check.py, at: '*-*-* 03:00:00', timeout: 120",
};
const BROKEN = { broken: `run: 'echo half; echo "50% of $HOME"; echo "$DATABASE_URL"; exit 3', at: daily` };

/** The commands of a section of docs/applications.md: a list for each block, comments left out. */
function documented(section: string): string[][] {
  const text = readFileSync(path.join(__dirname, '..', '..', 'docs', 'applications.md'), 'utf8');
  const body = text.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  return [...body.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) =>
    block
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ +#.*/, '')),
  );
}

describeWith([realGuests, providers, git, sshd, command('curl')], 'POTE on dev, qa and prod', () => {
  const lab = useRealLab({ lab: PYTHON_BAKED });
  const repository = new AppRepository('main', POTE);
  let source: PrivateRepository;
  let mail: MailServer;
  let certificate: string;

  /** Debian 13 with a password and a service; Debian 12 with the socket; Debian 12 with a password, jobs and a volume. */
  const synth = (
    jobs: Record<string, string> = JOBS,
    { smtp = 'SMTP_PORT: 2525', qa = '' }: { smtp?: string; qa?: string } = {},
  ): void => {
    const job = Object.entries(jobs).map(([name, lines]) => `      ${name}: {${lines}}\n`);
    const env = (name: EnvName, vmid: number, lines: string): string => `      ${name}:
        name: pote-${name}
        vmid: ${vmid}
        ip: ${ADDRESS[name]}/24
        gateway: 10.0.10.1
        branch: main
${lines.replace(/^(?=.)/gm, '        ')}`;
    const withPassword = (name: EnvName, more: string, vars = ''): string =>
      `env_vars: {DATABASE_URL: 'postgresql://pote:{{ vault_${name}_password }}@localhost/pote'${vars}}
postgresql: {password: '{{ vault_${name}_password }}', extensions: [pg_trgm]${more}}
`;
    lab.workspace.synth(`proxmox_host: ${lab.emulator.url}
ssh_public_keys: [${lab.publicKey}]
guest: {lxc_ostemplate: "${PYTHON_TEMPLATES[12]}"}
app_projects:
  pote:
    app_type: python
    repo: ${source.url}
    git_deploy_key: '{{ vault_git_deploy_key }}'
    git_known_hosts: ['${source.knownHost}']
    env_vars: {SMTP_HOST: 10.0.10.1, SMTP_FROM: 'POTE <pote@example.lan>'}
    failure_mail: ops@example.lan
    failure_hook: 'cat >>/var/lib/app/hook; echo "$UNIT" >>/var/lib/app/hook'
    jobs:
${job.join('')}    envs:
${env(
  'dev',
  401,
  `${withPassword('dev', '')}guest: {lxc_ostemplate: "${PYTHON_TEMPLATES[13]}"}
service_start: python -m pote.api
backend_port: 8000
backend_health_path: /health
`,
)}${env(
      'qa',
      402,
      `env_vars: {DATABASE_URL: 'postgresql:///pote?host=/run/postgresql'}
postgresql: {extensions: [pg_trgm]}
${qa}`,
    )}${env(
      'prod',
      403,
      `${withPassword('prod', ', backup_keep: 2', `, ${smtp}`)}run_jobs: true
guest: {mount_points: [{path: /var/lib/postgresql, volume: local-lvm, size: 4}]}
`,
    )}`);
  };
  const guest = (env: EnvName, script: string): Promise<Outcome> => lab.ssh(ADDRESS[env], script);
  /** What a script printed that must succeed. */
  const on = async (env: EnvName, script: string): Promise<string> => {
    const { code, output } = await guest(env, script);
    if (code !== 0) throw new Error(`${env}: ${output}`);
    return output.trim();
  };
  const sql = (env: EnvName, query: string): Promise<string> =>
    on(env, `cd / && runuser -u postgres -- psql -XAtq -d pote -c "${query}"`);
  const apply = async (env: EnvName, ...args: string[]): Promise<Outcome> => {
    const outcome = await lab.workspace.apply(stack(env), ...args);
    if (outcome.code !== 0) throw new Error(outcome.output.slice(-3000));
    return outcome;
  };
  const nothingToDo = async (env: EnvName): Promise<void> => {
    const { code, output } = await lab.workspace.plan(stack(env));
    expect([env, code, touched(output)]).toEqual([env, 0, []]);
  };
  /** What an apply changes, after which there is nothing left to do: resources, and by layer what was not `ok`. */
  const change = async (env: EnvName, ...args: string[]): Promise<Record<string, string[]>> => {
    const outcome = await apply(env, ...args);
    if (args.length === 0) await nothingToDo(env);
    const lines = (layer: string): string[] =>
      did(outcome, layer)
        .filter((line) => /^(changed|removed) /.test(line))
        .sort();
    return Object.fromEntries(touched(outcome.output).map((layer) => [layer, lines(layer)]));
  };
  /** Does something for all three at a time; all of it has ended when this does. */
  const everywhere = async <T>(
    work: (env: EnvName) => Promise<T>,
    envs: readonly EnvName[] = ENVS,
  ): Promise<T[]> => {
    const outcomes = await Promise.allSettled(envs.map(work));
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  };
  const eventually = async (what: () => Promise<boolean>, seconds: number): Promise<void> => {
    const deadline = Date.now() + seconds * 1000;
    while (!(await what())) {
      if (Date.now() > deadline) throw new Error(`not within ${seconds} s`);
      await sleep(500);
    }
  };
  /** Looks at all command lines of a guest while something happens. @returns how many held a secret, and a word */
  const commandLines = async (
    env: EnvName,
    word: string,
    work: () => Promise<unknown>,
  ): Promise<{ secrets: number; seen: boolean }> => {
    await on(
      env,
      `(while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; echo; sleep 0.01; done) >/run/seen 2>/dev/null </dev/null & echo $! >/run/watcher`,
    );
    await work();
    const counts = await on(
      env,
      `kill "$(cat /run/watcher)"; for word in '${IN_SCRIPT}' '${word}'; do grep -ac "$word" /run/seen || true; done; rm /run/seen`,
    );
    const [secrets, seen] = counts.split('\n').map(Number);
    return { secrets: secrets ?? NaN, seen: (seen ?? 0) > 0 };
  };
  const release = (env: EnvName): Promise<string> =>
    on(env, 'cat "/var/lib/pvestack/release/releases/$(basename "$(readlink /srv/app/current)").commit"');
  /** Commits to a branch of its own, from the head of main. @returns the branch */
  const branch = (name: string, files: Record<string, string | undefined>): string => {
    repository.git('checkout', '--quiet', '-b', name);
    repository.commit(name, files);
    repository.git('checkout', '--quiet', 'main');
    return name;
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
    await everywhere((env) => apply(env));
    await everywhere(nothingToDo);
    const facts = await everywhere((env) =>
      on(
        env,
        `. /etc/os-release; echo "$VERSION_ID"
        cd /; for query in "select string_agg(tablename, ' ' order by tablename) from pg_tables where schemaname = 'public'" \
          "select extname from pg_extension where extname = 'pg_trgm'" \
          "select pg_get_userbyid(datdba) from pg_database where datname = 'pote'" \
          "select count(*) from pg_authid where rolcanlogin and rolpassword is not null"; do
          runuser -u postgres -- psql -XAtq -d pote -c "$query"
        done
        systemctl list-timers --all --no-legend 'app-job-*' | grep -o 'app-job-[a-z-]*.timer' | sort | tr '\\n' ' '
        find /etc/cron.d -name 'pvestack*' -printf '%f'; echo
        readlink /srv/app/current/.env; ss -Hltn 'sport = :5432' | awk '{ print $4 }' | sort | tr '\\n' ' '`,
      ),
    );
    const jobs =
      'app-job-daily-report.timer app-job-daily-run.timer app-job-health.timer pvestack-weekly-run';
    const tables = 'alembic_version runs trades';
    const local = expect.stringMatching(/^127\.0\.0\.1:5432( \[::1\]:5432)?$/) as string;
    expect(facts.map((lines) => lines.split('\n'))).toEqual([
      ['13', tables, 'pg_trgm', 'pote', '1', '', '/srv/app/.env.dev', local],
      // The socket tells who is who: there is no password.
      ['12', tables, 'pg_trgm', 'app', '0', '', '/srv/app/.env.qa', local],
      ['12', tables, 'pg_trgm', 'pote', '1', jobs, '/srv/app/.env.prod', local],
    ]);
    expect(await on('prod', 'findmnt -no TARGET /var/lib/postgresql')).toBe('/var/lib/postgresql');
    const answers = await lab.exec('curl', ['-sm', '5', `http://${ADDRESS.dev}:8000/health`]);
    expect(answers.output).toBe('well');
  });

  test('a rotated password changes the role, the env file and the service, and nothing else', async () => {
    const before = await on('dev', 'readlink /srv/app/current; stat -c %Y /usr/local/bin/deploy_app.sh');
    lab.workspace.env['TF_VAR_vault_dev_password'] = ROTATED;
    let changes: unknown;
    const seen = await commandLines('dev', 'psql -XAtq', async () => {
      changes = await change('dev');
    });
    expect(changes).toEqual({
      postgresql: ['changed  password of pote'],
      app: ['changed  /srv/app/.env.dev', 'changed  app-backend.service is restarted'],
    });
    expect(seen).toEqual({ secrets: 0, seen: true });
    const login = (password: string): Promise<Outcome> =>
      guest('dev', `PGPASSWORD='${password}' psql -XAtq -h localhost -U pote -d pote -c 'select 1'`);
    expect((await login(ROTATED)).output).toBe('1\n');
    expect((await login(SECRETS['vault_dev_password'] ?? '')).code).not.toBe(0);
    const answers = await lab.exec('curl', ['-sm', '5', `http://${ADDRESS.dev}:8000/health`]);
    expect(answers.output).toBe('well');
    expect(await on('dev', 'readlink /srv/app/current; stat -c %Y /usr/local/bin/deploy_app.sh')).toBe(
      before,
    );
  });

  test('a job started by its timer, and one started by cron, leave their rows and logs', async () => {
    await eventually(
      async () =>
        (await sql('prod', "select count(distinct kind) from runs where kind in ('daily', 'weekly')")) ===
        '2',
      150,
    );
    const log = await on(
      'prod',
      'cd ~app/logs && head -qn 1 daily-run.log daily.log weekly-run.log weekly.log; stat -c "%a %U" daily-run.log',
    );
    expect(log.split('\n')).toEqual(['daily run done', 'daily', 'weekly run done', 'weekly', '600 app']);
    expect(await on('prod', 'systemctl start app-job-daily-report && cat ~app/logs/daily-report.log')).toBe(
      'sent to team@example.lan',
    );
    expect(await mail.next()).toMatchObject({
      to: 'team@example.lan',
      data: expect.stringContaining('all well') as string,
    });
    const verified = await guest(
      'prod',
      `cd /etc/systemd/system && systemd-analyze verify app-job-*.service app-job-*.timer pvestack-backup.timer &&
      systemd-analyze security --threshold=40 app-job-daily-run.service app-job-weekly-run.service >/dev/null`,
    );
    expect(verified).toEqual({ code: 0, output: '' });
  });

  test('a changed schedule and a removed job touch the app layer only', async () => {
    const before = await on('prod', 'readlink /srv/app/current');
    synth({
      'daily-run': "run: scripts/automated_daily_run.sh, at: '00:00:01'",
      health: JOBS.health,
    });
    expect(await change('prod')).toEqual({
      app: [
        'changed  /etc/systemd/system/app-job-daily-run.timer',
        'changed  app-job-daily-run.timer',
        'removed  /etc/cron.d/pvestack-weekly-run',
        'removed  /etc/systemd/system/app-job-daily-report.service',
        'removed  /etc/systemd/system/app-job-daily-report.timer',
        'removed  /etc/systemd/system/app-job-weekly-run.service',
        'removed  app-job-daily-report.timer',
      ],
    });
    const output = await on(
      'prod',
      `systemctl list-timers --all --no-legend 'app-job-*' | grep -o 'app-job-[a-z-]*.timer' | sort
      systemctl show -p TimersCalendar app-job-daily-run.timer | grep -o 'OnCalendar=[^;]*'
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
    await sleep(1500);
    expect(await sql('prod', 'select count(*) from runs')).toBe(runs);
    expect(await on('prod', 'readlink /srv/app/current')).toBe(before);
    await everywhere(nothingToDo, ['dev', 'qa']);
  });

  test('a failed job or backup sends a mail and runs the hook; an SMTP password travels encrypted and on no command line', async () => {
    synth(BROKEN);
    expect(Object.keys(await change('prod'))).toEqual(['app']);
    expect((await guest('prod', 'systemctl start app-job-broken')).code).not.toBe(0);
    const first = await mail.next();
    expect(first).toMatchObject({ to: 'ops@example.lan', tls: false });
    expect(first.login).toBeUndefined();
    expect(first.data).toMatch(
      /^From: POTE <pote@example.lan>\r\nTo: ops@example.lan\r\nSubject: pote-prod: app-job-broken failed\r\n/,
    );
    expect(first.data).toMatch(/\r\nhalf\r\n50% of \/var\/lib\/app\r\n\*\*\*\r\n/);
    const hooked = (): Promise<string> => on('prod', 'cat ~app/hook 2>/dev/null || true');
    await eventually(async () => (await hooked()).endsWith('app-job-broken'), 20);
    expect(await hooked()).toBe('half\n50% of /var/lib/app\n***\napp-job-broken');

    await on('prod', 'mv /usr/local/lib/pvestack/pg-backup /run/pg-backup');
    expect((await guest('prod', 'systemctl start pvestack-backup')).code).not.toBe(0);
    expect((await mail.next()).data).toContain('\r\nSubject: pote-prod: pvestack-backup failed\r\n');
    await on('prod', 'mv /run/pg-backup /usr/local/lib/pvestack/pg-backup');

    await on(
      'prod',
      `printf '%s' '${certificate}' >/usr/local/share/ca-certificates/mail.crt; update-ca-certificates >/dev/null`,
    );
    const withLogin = (port: number): string =>
      `SMTP_PORT: ${port}, SMTP_USER: pote, SMTP_PASSWORD: '{{ vault_smtp_password }}'`;
    // TLS from the start, and by STARTTLS.
    for (const [port, scheme] of [
      [465, 'smtps://'],
      [587, 'smtp://'],
    ] as const) {
      synth(BROKEN, { smtp: withLogin(port) });
      expect(await change('prod')).toEqual({
        // Builds do not see a secret, and deploy_app.sh is told which ones there are.
        app: [...(port === 465 ? ['changed  /etc/pvestack/deploy.conf'] : []), 'changed  /srv/app/.env.prod'],
      });
      const seen = await commandLines('prod', scheme, async () => {
        await guest('prod', 'systemctl start app-job-broken');
        expect([port, await mail.next()]).toMatchObject([
          port,
          { to: 'ops@example.lan', tls: true, login: `pote:${SECRETS['vault_smtp_password']}` },
        ]);
      });
      expect(seen).toEqual({ secrets: 0, seen: true });
    }
    // A server that does not encrypt gets no password, and so no mail.
    synth(BROKEN, { smtp: withLogin(2525) });
    await change('prod');
    await on('prod', 'rm ~app/hook');
    await guest('prod', 'systemctl start app-job-broken');
    await eventually(async () => (await hooked()).endsWith('app-job-broken'), 30);
    expect(mail.mails.filter(({ tls, login }) => !tls && login !== undefined)).toEqual([]);
    expect(await on('prod', 'journalctl -q -o cat -u pvestack-failure@app-job-broken -n 20')).toMatch(
      /curl: \(64\) .*(STARTTLS|SSL)/,
    );

    // Nobody listens: the hook runs nevertheless.
    await on('prod', 'rm ~app/hook');
    synth(BROKEN, { smtp: 'SMTP_PORT: 2526' });
    expect(await change('prod')).toEqual({
      app: ['changed  /etc/pvestack/deploy.conf', 'changed  /srv/app/.env.prod'],
    });
    await guest('prod', 'systemctl start app-job-broken');
    await eventually(async () => (await hooked()).endsWith('app-job-broken'), 30);
  });

  test('a rotated deploy key changes one file; a new commit the release, with its migration; no build leaves anything', async () => {
    const rotated = source.newKey();
    source.allowOnly(rotated);
    lab.workspace.env['TF_VAR_vault_git_deploy_key'] = rotated;
    const key = { app: ['changed  /etc/pvestack/deploy_key'] };
    expect(await everywhere((env) => change(env))).toEqual([key, key, key]);

    const old = await release('prod');
    const commit = repository.commit(
      'notes',
      migrationFile('0003', '0002', 'op.add_column("trades", sa.Column("note", sa.Text))'),
    );
    const released = { release: [`changed  release ${old} → ${commit}`] };
    expect(await everywhere((env) => change(env))).toEqual([released, released, released]);
    expect(await everywhere((env) => sql(env, 'select version_num from alembic_version'))).toEqual(
      ENVS.map(() => '0003'),
    );
    expect(await everywhere((env) => on(env, 'ls -A /var/cache/app-build'))).toEqual(ENVS.map(() => ''));
  });

  test('a release that does not install, migrate or answer leaves the old one, and names the dump', async () => {
    const live = await release('prod');
    const schema = (env: EnvName): Promise<string> => sql(env, 'select version_num from alembic_version');
    const failing: Record<EnvName, string> = {
      prod: branch('broken-migration', migrationFile('0004', '0003', 'op.execute("select 1 / 0")')),
      dev: branch('sick-service', SICK_SERVICE),
      qa: branch('wrong-hash', { 'requirements.txt': `alembic==1.13.2 --hash=sha256:${'0'.repeat(64)}\n` }),
    };
    const words: Record<EnvName, RegExp> = {
      prod: /division by zero.* migration failed\. [0-9a-f]{7} runs on, nothing was switched\. The database as it was before the migration: (\S+\.dump) \(restore_app_db\.sh \1\)\..* status 13/,
      dev: /\/health with 500.* trial health failed\. [0-9a-f]{7} runs on, nothing was switched\. The database as it was before the migration: \S+\.dump .* status 15/,
      qa: /THESE PACKAGES DO NOT MATCH THE HASHES.* requirements failed\. [0-9a-f]{7} runs on, nothing was switched\..* status 11/,
    };
    await everywhere(async (env) => {
      const { code, output } = await lab.workspace.apply(stack(env), `-var=release=${failing[env]}`);
      const said = unwrapped(output.replaceAll('null_resource.release (remote-exec):', ''));
      expect([env, code, said]).toEqual([env, 1, expect.stringMatching(words[env])]);
      expect([await release(env), await schema(env)]).toEqual([live, '0003']);
    });
    const answers = await lab.exec('curl', ['-sm', '5', `http://${ADDRESS.dev}:8000/health`]);
    expect(answers.output).toBe('well');

    // The migration went well, health_check.py does not: the dump that the message names undoes it.
    branch('broken-health', {
      ...migrationFile('0004', '0003', 'op.drop_column("trades", "note")'),
      'health_check.py': 'raise SystemExit("no trades today")\n',
    });
    await sql('prod', "insert into trades(ticker, note) values ('DEB', 'kept')");
    const sick = await lab.workspace.apply(stack('prod'), '-var=release=broken-health');
    expect([sick.code, sick.output]).toEqual([1, expect.stringContaining('no trades today')]);
    expect([await release('prod'), await schema('prod')]).toEqual([live, '0004']);
    const [, undo = ''] = /\((restore_app_db\.sh \S+\.dump)\)/.exec(sick.output) ?? [];
    expect(await on('prod', undo)).toContain('restored /var/backups/pvestack/pote-before-migration-');
    expect([await schema('prod'), await sql('prod', 'select ticker, note from trades')]).toEqual([
      '0003',
      'DEB|kept',
    ]);
    // What failed is run once more, and finds nothing to do.
    expect(await everywhere((env) => change(env))).toEqual(ENVS.map(() => ({ release: [] })));
  });

  test('requirements with hashes, and a pyproject.toml alone, install', async () => {
    const pinned = await on(
      'qa',
      `cd /srv/app/current && runuser -u app -- env HOME=/var/lib/app .venv/bin/pip install -q \
        --disable-pip-version-check --dry-run --ignore-installed --report - -r requirements.txt |
        jq -r '.install[] | "\\(.metadata.name)==\\(.metadata.version) --hash=\\(.download_info.archive_info.hash | sub("="; ":"))"'`,
    );
    expect(pinned).toMatch(/^alembic==\S+ --hash=sha256:[0-9a-f]{64}$/m);
    branch('hashes', { 'requirements.txt': `${pinned}\n` });
    const alone = (POTE['pyproject.toml'] ?? '').replace(
      'version =',
      'dependencies = ["alembic", "psycopg[binary]", "python-dotenv"]\nversion =',
    );
    branch('pyproject', { 'requirements.txt': undefined, 'pyproject.toml': alone });
    await everywhere(
      async (env) => {
        const name = env === 'qa' ? 'hashes' : 'pyproject';
        expect(Object.keys(await change(env, `-var=release=${name}`))).toEqual(['release']);
        expect(await release(env)).toBe(repository.git('rev-parse', name));
      },
      ['dev', 'qa'],
    );
    // Without the variable the branch is followed again.
    const head = repository.commit(
      'size',
      migrationFile('0004', '0003', 'op.add_column("trades", sa.Column("size", sa.Text))'),
    );
    await everywhere(
      async (env) => {
        expect(Object.keys(await change(env))).toEqual(['release']);
        expect(await release(env)).toBe(head);
      },
      ['dev', 'qa'],
    );
  });

  test('backup and restore, by the commands of the documentation', async () => {
    const [here = [], elsewhere = []] = documented('Backup and restore');
    expect([here, elsewhere]).toEqual([
      [
        'systemctl start pvestack-backup.service',
        'ls -l /var/backups/pvestack',
        expect.stringMatching(/^restore_app_db\.sh \/var\/backups\/pvestack\/pote-daily-\S+\.dump$/),
      ],
      [
        expect.stringMatching(/^scp root@\S+:\S+\.dump \.$/),
        expect.stringMatching(/^scp \S+\.dump root@\S+:$/),
        expect.stringMatching(/^ssh root@\S+ restore_app_db\.sh \S+\.dump$/),
        expect.stringMatching(/^ssh root@\S+ deploy_app\.sh --rebuild$/),
      ],
    ]);
    const rows =
      "select 'runs', id, kind from runs union select 'trades', id, ticker || note from trades order by 1, 2";
    const dumps = "find /var/backups/pvestack -name 'pote-daily-*' -printf '%f\\n' | sort";
    await on('prod', 'systemctl stop app-job-broken.timer');
    const before = await sql('prod', rows);
    expect(before).toContain('trades|1|DEBkept');

    // Three dumps, of which two are kept.
    for (let made = 0; made < 3; made += 1) await on('prod', `${here[0] ?? ''}; sleep 1.1`);
    const kept = (await on('prod', dumps)).split('\n');
    expect(kept).toHaveLength(2);
    const [dump = ''] = kept.slice(-1);
    expect(await on('prod', here[1] ?? '')).toContain(dump);
    expect(
      await on('prod', 'stat -c "%a %U" /var/backups/pvestack /var/backups/pvestack/*.dump | sort -u'),
    ).toBe('600 root\n700 root');
    await sql('prod', 'drop table trades; delete from runs; create table stray()');
    const restored = await on('prod', (here[2] ?? '').replace(/pote-daily-\S+/, dump));
    expect(restored).toMatch(/^before: \S+-before-restore-\S+\.dump\nrestored /);
    expect(await sql('prod', rows)).toBe(before);
    expect(await sql('prod', "select to_regclass('stray') is null")).toBe('t');
    const asApp = 'cd /srv/app/current && runuser -u app -- .venv/bin/python health_check.py';
    expect(await on('prod', asApp)).toContain('"ok"');

    // Where there is a service, it answers when the command has ended.
    const lines = await on(
      'dev',
      `${here[0] ?? ''}; restore_app_db.sh "$(find /var/backups/pvestack -name 'pote-daily-*' | sort | tail -n 1)"`,
    );
    const answers = await lab.exec('curl', ['-sm', '5', `http://${ADDRESS.dev}:8000/health`]);
    expect([lines, answers.output]).toEqual([
      expect.stringMatching(/\nrestored \S+-daily-\S+\n[0-9a-f]{7} answers$/),
      'well',
    ]);

    // To another env, where the role has another name; its code is newer, and brings the schema up to date.
    for (const line of elsewhere) {
      const { code, output } = await lab.shell(
        line
          .replaceAll(/pote-daily-\S+\.dump/g, dump)
          .replaceAll('10.0.10.103', ADDRESS.prod)
          .replaceAll('10.0.10.102', ADDRESS.qa),
      );
      expect([line, code, output]).toEqual([line, 0, output]);
    }
    expect(await sql('qa', rows)).toBe(before);
    expect(await sql('qa', 'select version_num from alembic_version')).toBe('0004');
    expect(await on('qa', asApp)).toContain('"ok"');
    await on('prod', 'systemctl start app-job-broken.timer');
    await nothingToDo('qa');
    expect(Object.keys(await change('prod'))).toEqual(['release']);
  });

  test('a plan that would replace a guest with data is refused, unless the inventory gives the data up', async () => {
    synth(BROKEN, { smtp: 'SMTP_PORT: 2526', qa: 'guest: {disk_storage: local}\n' });
    const refused = await lab.workspace.plan(stack('qa'));
    expect([refused.code, unwrapped(refused.output)]).toEqual([
      1,
      expect.stringMatching(
        /Error: (?:I|Resource i)nstance cannot be destroyed .*terraform_data\.owned has lifecycle\.prevent_destroy set/,
      ),
    ]);
    synth(BROKEN, {
      smtp: 'SMTP_PORT: 2526',
      qa: 'guest: {disk_storage: local}\ndata: disposable\n',
    });
    const allowed = await lab.workspace.plan(stack('qa'));
    expect([allowed.code, allowed.output]).toEqual([2, expect.stringContaining('must be replaced')]);
    synth(BROKEN, { smtp: 'SMTP_PORT: 2526' });
    await nothingToDo('qa');
  });

  test('data that is gone is an error, and no reason for an empty database', async () => {
    await on('qa', 'systemctl stop postgresql@15-main && mv /var/lib/postgresql/15 /var/lib/postgresql/away');
    const { code, output } = await lab.workspace.apply(stack('qa'), '-replace=null_resource.postgresql');
    expect([code, unwrapped(output)]).toEqual([
      1,
      expect.stringContaining('the data of PostgreSQL is gone: there is no /var/lib/postgresql/15/main.'),
    ]);
    await on('qa', 'mv /var/lib/postgresql/away /var/lib/postgresql/15');
    expect(await change('qa')).toEqual({ postgresql: ['changed  PostgreSQL 15 runs'] });
    expect(await sql('qa', 'select count(*) > 0 from runs')).toBe('t');
  });

  test('a database moves to a volume made by hand, as documented, and the plan stays empty', async () => {
    const inGuest = documented('Keeping the data')
      .flat()
      .flatMap((line) => /^pct exec 203 -- sh -c '(.*)'$/.exec(line)?.[1] ?? []);
    expect(inGuest).toHaveLength(2);
    const rows = await sql('qa', 'select count(*), max(id) from runs');
    const config = '/nodes/pve/lxc/402/config';
    const reboot = async (): Promise<void> => {
      await lab.api('POST', '/nodes/pve/lxc/402/status/reboot');
      await lab.waitForSsh(ADDRESS.qa, 120_000);
    };
    await lab.api('PUT', config, { mp0: 'local-lvm:4,mp=/mnt,backup=1' });
    await reboot();
    for (const script of inGuest) await on('qa', script);
    const { mp0 } = (await lab.api('GET', config)) as { mp0: string };
    await lab.api('PUT', config, { mp0: mp0.replace('mp=/mnt', 'mp=/var/lib/postgresql') });
    await reboot();
    expect(await on('qa', 'findmnt -no TARGET /var/lib/postgresql; ls /var/lib/postgresql.old')).toBe(
      '/var/lib/postgresql\n15',
    );
    await eventually(
      async () => (await sql('qa', 'select count(*), max(id) from runs').catch(() => '')) === rows,
      60,
    );
    await nothingToDo('qa');
  });

  test('logs are rotated, and gone after 30 days', async () => {
    const output = await on(
      'prod',
      `cd ~app/logs; rm -f *; echo old >daily.log-20200101.gz; touch -d '31 days ago' daily.log-20200101.gz
      echo kept >daily.log-20200102.gz; touch -d '29 days ago' daily.log-20200102.gz
      for file in *; do chmod 600 "$file"; chown app:app "$file"; done
      runuser -u app -- sh -c 'umask 077; echo now >daily.log'
      logrotate --force /etc/logrotate.d/pvestack
      stat -c '%n %a %U %s' * | sed "s/$(date +%Y%m%d)/TODAY/"`,
    );
    expect(output.split('\n')).toEqual([
      'daily.log 600 app 0',
      'daily.log-20200102.gz 600 app 5',
      'daily.log-TODAY 600 app 4',
    ]);
  });

  test('no secret stands where it need not', async () => {
    const words = [MARK, 'BEGIN OPENSSH PRIVATE KEY'];
    const encoded = words.flatMap((word) => [word, Buffer.from(word).toString('base64').slice(0, 12)]);
    const found = await everywhere(async (env) => {
      const plan = await lab.workspace.plan(stack(env));
      for (const text of [lab.workspace.json(stack(env)), lab.workspace.state(stack(env)), plan.output])
        for (const word of encoded) expect(text).not.toContain(word);
      const output = await on(
        env,
        `grep -rlE '${IN_SCRIPT}|BEGIN OPENSS[H] PRIVATE' /etc /srv /var /usr/local /root /tmp /run 2>/dev/null | grep -vE '^/(etc/ssh|var/lib/(dpkg|apt|postgresql/[0-9]*/main/(base|global|pg_wal)))' | sort
        journalctl -q --no-pager | grep -E '${IN_SCRIPT}' || true
        ps -eo args | grep '${IN_SCRIPT}' || true
        find /etc/pvestack/deploy_key /srv/app/.env.* /var/backups/pvestack /var/lib/app -perm /o+r -type f`,
      );
      return output.split('\n');
    });
    expect(found).toEqual([
      ['/etc/pvestack/deploy_key', '/srv/app/.env.dev'],
      ['/etc/pvestack/deploy_key'],
      ['/etc/pvestack/deploy_key', '/srv/app/.env.prod'],
    ]);
    const key = await guest(
      'prod',
      'stat -c "%a %U" /etc/pvestack/deploy_key; runuser -u app -- cat /etc/pvestack/deploy_key',
    );
    expect(key.output).toMatch(/^600 root\n.*Permission denied\n$/);
  });

  test('a job does not run twice at a time, and one that was missed is made up for', async () => {
    // Far enough ahead for the deploy and the shutdown; the guest's clock is this machine's, in UTC.
    const due = new Date(Date.now() + 30_000);
    synth(
      {
        slow: "run: 'echo start; sleep 3; echo end', at: daily",
        missed: `run: date +%s, at: '*-*-* ${due.toISOString().slice(11, 19)}'`,
      },
      { smtp: 'SMTP_PORT: 2526' },
    );
    await change('prod');
    await on('prod', 'systemctl start app-job-slow & sleep 1; systemctl start app-job-slow; wait');
    expect(await on('prod', 'cat ~app/logs/slow.log')).toBe('start\nend');

    const status = '/nodes/pve/lxc/403/status';
    await lab.api('POST', `${status}/shutdown`);
    expect(Date.now()).toBeLessThan(due.getTime());
    await sleep(due.getTime() + 5_000 - Date.now());
    await lab.api('POST', `${status}/start`);
    const started = Date.now();
    await lab.waitForSsh(ADDRESS.prod, 120_000);
    const ran = (): Promise<string> => on('prod', 'cat ~app/logs/missed.log 2>/dev/null || true');
    await eventually(async () => (await ran()) !== '', 90);
    expect(Number(await ran()) * 1000).toBeGreaterThan(started - 1000);

    synth(BROKEN, { smtp: 'SMTP_PORT: 2526' });
    await change('prod');
  });

  test('a reboot brings everything up', async () => {
    const vmids: Partial<Record<EnvName, number>> = { dev: 401, prod: 403 };
    await everywhere(
      async (env) => {
        const booted = await on(env, 'cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1');
        await lab.api('POST', `/nodes/pve/lxc/${vmids[env]}/status/reboot`);
        await lab.waitForSsh(ADDRESS[env], 120_000);
        expect(await on(env, 'cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1')).not.toBe(booted);
        const up = async (): Promise<boolean> =>
          (await guest(env, 'systemctl is-system-running')).output.trim() === 'running' &&
          (await guest(env, 'cd / && runuser -u postgres -- psql -XAtq -c "select 1"')).code === 0;
        await eventually(up, 120);
      },
      ['dev', 'prod'],
    );
    const output = await on(
      'prod',
      `systemctl is-active pvestack-backup.timer app-job-broken.timer; cd /srv/app/current && runuser -u app -- .venv/bin/python health_check.py`,
    );
    expect(output).toMatch(/^active\nactive\n\{"status": "ok"/);
    const answer = async (): Promise<string> =>
      (await lab.exec('curl', ['-sm', '5', `http://${ADDRESS.dev}:8000/health`])).output;
    await eventually(async () => (await answer()) === 'well', 60);
    await everywhere(nothingToDo);
  });
});

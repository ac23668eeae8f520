import { AppRepository, git, serveGit } from '../support/app-fixture';
import { makeExecutable, POTE, servePrivately, sshd, type PrivateRepository } from '../support/pote-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';

// The first test of a machine builds the base images.
jest.setTimeout(1_200_000);

const TEMPLATES = {
  12: 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst',
  13: 'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst',
} as const;
const ENVS = ['d12', 'd13'] as const;

/** The other suites have the packages in their templates; here everything comes from Debian, npm and PyPI. */
describeWith(
  [realGuests, providers, git, sshd, command('curl')],
  'from a bare Debian 12 and 13 to an application that answers',
  () => {
    const lab = useRealLab();
    const shop = new AppRepository('main');
    const pote = new AppRepository('main', POTE);
    let source: PrivateRepository;
    let stop = (): void => undefined;

    beforeAll(async () => {
      stop = await serveGit(lab, shop);
      makeExecutable(pote);
      source = await servePrivately(lab, pote);
      const deployKey = source.newKey();
      source.allowOnly(deployKey);
      Object.assign(lab.workspace.env, {
        TF_VAR_ssh_private_key_file: lab.privateKey,
        TF_VAR_vault_git_deploy_key: deployKey,
        TF_VAR_vault_database_password: 'pw-of-the-database',
      });
      const envs = (name: string, vmid: number): string =>
        ENVS.map(
          (env, index) =>
            `      ${env}: {name: ${name}-${env}, vmid: ${vmid + index}, ip: 10.0.10.${vmid + index - 400}/24, gateway: 10.0.10.1, branch: main, guest: {lxc_ostemplate: "${TEMPLATES[index === 0 ? 12 : 13]}"}}\n`,
        ).join('');
      lab.workspace.synth(`proxmox_host: ${lab.emulator.url}
ssh_public_keys: [${lab.publicKey}]
app_projects:
  shop:
    repo: git://10.0.10.1/app
    backend_health_path: /health
    env_vars: {TITLE: Shop}
    envs:
${envs('shop', 441)}  pote:
    app_type: python
    repo: ${source.url}
    git_deploy_key: '{{ vault_git_deploy_key }}'
    git_known_hosts: ['${source.knownHost}']
    env_vars: {DATABASE_URL: 'postgresql://pote:{{ vault_database_password }}@localhost/pote'}
    postgresql: {password: '{{ vault_database_password }}', extensions: [pg_trgm, earthdistance]}
    jobs:
      daily-run: {run: scripts/automated_daily_run.sh, at: daily}
    run_jobs: true
    service_start: python -m pote.api
    backend_port: 8000
    backend_health_path: /health
    envs:
${envs('pote', 451)}`);
    });
    afterAll(() => {
      stop();
      source.stop();
      shop.remove();
      pote.remove();
    });

    test.each([
      { project: 'shop', first: 41, answers: { 3001: 'one', 3000: '<h1>Shop</h1>' } },
      { project: 'pote', first: 51, answers: { 8000: 'well' } },
    ])('$project: one deploy, then nothing to do', async ({ project, first, answers }) => {
      const outcomes = await Promise.all(
        ENVS.map(async (env, index) => {
          const stack = `app-${project}-${env}`;
          const address = `10.0.10.${first + index}`;
          const applied = await lab.workspace.apply(stack);
          if (applied.code !== 0) throw new Error(applied.output.slice(-3000));
          const said: Record<string, string> = {};
          for (const port of Object.keys(answers)) {
            const answer = await lab.exec('curl', ['-sm', '5', `http://${address}:${port}/`]);
            said[port] = answer.output;
          }
          const plan = await lab.workspace.plan(stack);
          const version = await lab.ssh(address, '. /etc/os-release; echo "$VERSION_ID"');
          return { said, plan: plan.code, version: version.output.trim() };
        }),
      );
      expect(outcomes).toEqual(['12', '13'].map((version) => ({ said: answers, plan: 0, version })));
    });

    test('an extension brings those that it needs', async () => {
      const { output } = await lab.ssh(
        '10.0.10.51',
        `cd / && runuser -u postgres -- psql -XAtqd pote -c "select extname from pg_extension order by 1"`,
      );
      expect(output).toBe('cube\nearthdistance\npg_trgm\nplpgsql\n');
    });

    test('what a job of POTE writes is in its database', async () => {
      for (const address of ['10.0.10.51', '10.0.10.52']) {
        const { output } = await lab.ssh(
          address,
          `systemctl start app-job-daily-run.service && cd / && runuser -u postgres -- psql -XAtqd pote -c 'select kind from runs'`,
        );
        expect(output).toBe('daily\n');
      }
    });
  },
);

import { application } from '../../renderers/application';
import { stackOutputs } from '../../renderers/outputs';
import { templateSource } from '../../renderers/template-source';
import * as registry from '../../registry';
import { envOf, layersIn } from './envs';
import type { GuestFile } from '../../renderers/layers/layer';
import { fileOf, filesOf } from './guest-files';

const PROJECT = `services:
  web: {dir: ., port: 8001, count: 2, health_path: /up, health_host: shop.example.lan, health_status: [200, 401], health_timeout: 60}
  mail: {dir: jobs/mail, start: node mail.js %h, count: 2, memory: 128, cpus: 0.5}
  queue: {restart: on-failure, stop_signal: SIGINT, stop_timeout: 90}
`;

test('each service is a unit with what differs from the others', () => {
  expect(fileOf('app-web@.service', PROJECT)).toEqual([
    '[Unit]',
    'Description=app-pote-dev web %i',
    'ConditionPathIsDirectory=/srv/app/current',
    '[Service]',
    'WorkingDirectory=/srv/app/current',
    'Environment=PORT=%i',
    'ExecStart=/usr/local/lib/pvestack/npm-script start',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
  expect(fileOf('app-mail@.service', PROJECT)).toEqual([
    '[Unit]',
    'Description=app-pote-dev mail %i',
    'ConditionPathIsDirectory=/srv/app/current/jobs/mail',
    '[Service]',
    'WorkingDirectory=/srv/app/current/jobs/mail',
    'Environment=INSTANCE=%i',
    'ExecStart=/usr/bin/env node mail.js %%h',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
  expect(fileOf('app-queue.service', PROJECT)).toEqual([
    '[Unit]',
    'Description=app-pote-dev queue',
    'ConditionPathIsDirectory=/srv/app/current',
    '[Service]',
    'WorkingDirectory=/srv/app/current',
    'ExecStart=/usr/local/lib/pvestack/npm-script start',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
});

test('what a service has instead of what all share is a drop-in that is read after the common one', () => {
  const own = (...lines: string[]): string[] => [
    "# What is this service's own, read after what all share.",
    '[Service]',
    ...lines,
  ];
  expect(fileOf('app-mail@.service.d/own.conf', PROJECT)).toEqual(own('MemoryMax=128M', 'CPUQuota=50%'));
  expect(fileOf('app-queue.service.d/own.conf', PROJECT)).toEqual(
    own('Restart=on-failure', 'KillSignal=SIGINT', 'TimeoutStopSec=90'),
  );
  expect(fileOf('app-web@.service.d/own.conf', PROJECT)).toEqual([]);
});

test('each process is a line of what the programs on the guest read', () => {
  const more = 'host=shop.example.lan status=200,401 timeout=60';
  expect(fileOf('/etc/pvestack/services', PROJECT)).toEqual([
    `app-web@8001.service . 8001 /up ${more}`,
    `app-web@8002.service . 8002 /up ${more}`,
    'app-mail@1.service jobs/mail - -',
    'app-mail@2.service jobs/mail - -',
    'app-queue.service . - -',
  ]);
  expect(fileOf('/etc/pvestack/deploy.conf', PROJECT)).toContain('listed=yes');
  expect(fileOf('/etc/pvestack/deploy.conf')).not.toContain('listed=yes');
});

test('ports and URLs are those of what listens', () => {
  const env = envOf({ project: PROJECT });
  const firewall = layersIn(env).find(({ name }) => name === 'base_os')?.lists['firewall'];
  expect(firewall).toEqual(['allow 22/tcp', 'allow 8001/tcp', 'allow 8002/tcp']);
  expect(stackOutputs(env, application(env, templateSource([]), registry))['urls']).toEqual({
    'web@8001': 'http://10.0.10.101:8001',
    'web@8002': 'http://10.0.10.101:8002',
  });
});

test.each<[string, string[]]>([
  ['', ['build_part backend backend', 'build_part frontend frontend', 'migrate_part backend']],
  ['services: {backend: {}}', ['build_part backend backend', 'migrate_part backend']],
  [
    'services: {web: {dir: apps/web, build: make}, backend: {}}',
    [`build_part web apps/web '' make`, 'build_part backend backend', 'migrate_part backend'],
  ],
  ['services: {web: {}}', ['build_part web .', 'migrate_part .']],
  ['services: {}', ['build_part root .', 'migrate_part .']],
])('%s: each is built, and the backend or the first one migrates', (project, words) => {
  const steps = fileOf('/etc/pvestack/steps.sh', project).join('\n');
  expect(steps.match(/(build|migrate)_part [^;}\n]*[^;}\n ]/g)).toEqual(words);
});

test.each<[string, string[]]>([
  ['', []],
  ['services: {backend: {}}', []],
  ['services: {backend: {dir: api}, web: {install: make}}', ['backend: api', 'web: .', 'web_install: make']],
])('%s: what is built besides the commit is %j', (project, lines) => {
  const release = layersIn(envOf({ project })).find(({ name }) => name === 'release');
  expect(release?.lists['built_with'] ?? []).toEqual(lines);
});

describe('the environment of a service', () => {
  const OWN = `build_secrets: [SHOWN]
env_vars: {A: a, HIDDEN: "{{ vault_hidden }}"}
services:
  mail-worker:
    env_vars: {NEXT_PUBLIC_X: x, OWN: "{{ vault_own }}", SHOWN: "{{ vault_shown }}"}
    build_env_vars: {STAGE: one, BUILD: "{{ vault_build }}"}
  web: {port: 3001}
`;
  const files = filesOf(envOf({ project: OWN }));
  const fileAt = (path: string): GuestFile | undefined => files.find((one) => one.path === path);

  test('is a file of its own, which systemd reads after that of the application', () => {
    expect(fileAt('/srv/app/.env.dev.mail-worker')).toMatchObject({
      mode: '0640',
      owner: 'root:app',
      lines: ["NEXT_PUBLIC_X='x'", 'OWN={{ vault_own }}', 'SHOWN={{ vault_shown }}'],
      secret: { name: 'env_mail_worker' },
    });
    expect(fileOf('app-mail-worker.service.d/own.conf', OWN)).toContain(
      'EnvironmentFile=/srv/app/.env.dev.mail-worker',
    );
    expect(fileOf('app-web.service.d/own.conf', OWN)).toEqual([]);
  });

  test('of its build is another one, which only root reads', () => {
    expect(fileAt('/etc/pvestack/build_env.mail-worker')).toMatchObject({
      mode: '0600',
      owner: 'root:root',
      lines: ['BUILD={{ vault_build }}', "STAGE='one'"],
    });
    expect(fileOf('/etc/pvestack/deploy.conf', OWN)).toContain("build_hides='HIDDEN OWN'");
  });

  test('counts for what is built with it', () => {
    const release = layersIn(envOf({ project: OWN })).find(({ name }) => name === 'release');
    expect(release?.lists['built_with']).toEqual([
      "mail-worker: NEXT_PUBLIC_X='x'",
      'mail-worker: BUILD={{ vault_build }}',
      "mail-worker: STAGE='one'",
      'mail-worker: .',
      'web: .',
    ]);
    expect(release?.secretVariables).toEqual(['vault_build']);
  });
});

test('folders that stay are made by the layer, linked by the deploy, and a reason to build again', () => {
  const project = 'services: {web: {dir: apps/web, shared_paths: [uploads/, .next/cache, uploads]}}';
  expect(fileOf('/etc/pvestack/services', project)).toEqual([
    'app-web.service apps/web - - shared=uploads,.next/cache',
  ]);
  const layers = layersIn(envOf({ project }));
  expect(layers.find(({ name }) => name === 'app')?.lists['folders']).toEqual([
    '/var/lib/app/shared/web/uploads',
    '/var/lib/app/shared/web/.next/cache',
  ]);
  expect(layers.find(({ name }) => name === 'release')?.lists['built_with']).toEqual([
    'web: apps/web',
    'web_shared: uploads',
    'web_shared: .next/cache',
  ]);
});

import { application } from '../../renderers/application';
import { stackOutputs } from '../../renderers/outputs';
import { templateSource } from '../../renderers/template-source';
import * as registry from '../../registry';
import { envOf, layersIn } from './envs';
import { fileOf } from './guest-files';

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
    '',
    '[Service]',
    'WorkingDirectory=/srv/app/current',
    'Environment=PORT=%i',
    'ExecStart=/usr/local/lib/pvestack/npm-script start',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
  expect(fileOf('app-mail@.service', PROJECT)).toEqual([
    '[Unit]',
    'Description=app-pote-dev mail %i',
    'ConditionPathIsDirectory=/srv/app/current/jobs/mail',
    '',
    '[Service]',
    'WorkingDirectory=/srv/app/current/jobs/mail',
    'Environment=INSTANCE=%i',
    'ExecStart=/usr/bin/env node mail.js %%h',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
  expect(fileOf('app-queue.service', PROJECT)).toEqual([
    '[Unit]',
    'Description=app-pote-dev queue',
    'ConditionPathIsDirectory=/srv/app/current',
    '',
    '[Service]',
    'WorkingDirectory=/srv/app/current',
    'ExecStart=/usr/local/lib/pvestack/npm-script start',
    '',
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

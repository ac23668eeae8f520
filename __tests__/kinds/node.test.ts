import { fileOf } from '../renderers/guest-files';

test.each<[string, string]>([
  ['', '/usr/local/lib/pvestack/npm-script start'],
  ['backend_start: npm start', '/usr/local/lib/pvestack/npm-script start'],
  ['backend_start: npm run start', '/usr/bin/env npm run start'],
  ['backend_start: node server.js', '/usr/bin/env node server.js'],
  ['backend_start: "serve --format %H"', '/usr/bin/env serve --format %%H'],
])('%s starts by ExecStart=%s', (project, started) => {
  expect(fileOf('app-backend.service', project)).toContain(`ExecStart=${started}`);
});

test.each<[string, string, string[]]>([
  ['service_memory: 256', 'app-.service.d/common.conf', ['MemoryMax=256M']],
  ['backend_port: 8001', 'app-backend.service', ['Environment=PORT=8001']],
  [
    'frontend_dir: apps/web',
    'app-frontend.service',
    ['ConditionPathIsDirectory=/srv/app/current/apps/web', 'WorkingDirectory=/srv/app/current/apps/web'],
  ],
])('%s in %s: %s', (project, name, lines) => {
  const file = fileOf(name, project);
  for (const line of lines) expect(file).toContain(line);
  expect(fileOf(name)).not.toContain(lines[0]);
});

test('what runs and what builds have an environment of their own besides the env file', () => {
  const common = fileOf('app-.service.d/common.conf');
  const values = [
    'NODE_ENV=production',
    'npm_config_update_notifier=false',
    'npm_config_cache=/var/cache/app/npm',
  ];
  expect(common.filter((line) => line.startsWith('Environment'))).toEqual([
    ...values.map((value) => `Environment=${value}`),
    'EnvironmentFile=/srv/app/.env.dev',
  ]);
  expect(fileOf('/etc/pvestack/deploy.conf')).toContain(
    `build_environment='${values.slice(0, 2).join(' ')}'`,
  );
});

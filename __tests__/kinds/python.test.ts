import { fileOf } from '../renderers/guest-files';

const PYTHON = 'app_type: python\n';

test('the service, where there is one', () => {
  const start = 'service_start: python -m pote.api --format %H\nbackend_port: 8000';
  const file = fileOf('app-backend.service', PYTHON + start);
  const lines = ['ExecStart=/usr/bin/env python -m pote.api --format %%H', 'Environment=PORT=8000'];
  for (const line of lines) expect(file).toContain(line);
  expect(fileOf('/etc/pvestack/services', PYTHON + start)).toEqual(['app-backend.service . 8000 -']);
  expect(fileOf('app-backend.service', PYTHON)).toEqual([]);
  expect(fileOf('/etc/pvestack/services', PYTHON)).toEqual([]);
});

test.each<[string, string]>([
  ['', 'build_release() { build_virtualenv; }'],
  ['', 'migrate_release() { migrate_schema; }'],
  ['', 'prove_release() { check_health; }'],
  ['python_install: make install', `build_release() { build_virtualenv 'make install'; }`],
  ['migrate: python -m pote.migrate', `migrate_release() { migrate_schema 'python -m pote.migrate'; }`],
  ['health_command: "true"', `prove_release() { check_health true; }`],
])('%j in the steps of a release: %s', (project, line) => {
  const steps = fileOf('/etc/pvestack/steps.sh', PYTHON + project);
  expect(steps).toContain('. /usr/local/lib/pvestack/steps/python.sh');
  expect(steps).toContain(line);
});

test('what runs and what builds have an environment of their own besides the env file', () => {
  const common = fileOf('app-.service.d/common.conf', `${PYTHON}service_start: python -m pote.api`);
  expect(common.filter((line) => line.startsWith('Environment'))).toEqual([
    'Environment=PATH=/srv/app/current/.venv/bin:/usr/local/bin:/usr/bin:/bin',
    'Environment=PYTHONDONTWRITEBYTECODE=1',
    'Environment=PYTHONUNBUFFERED=1',
    'EnvironmentFile=/srv/app/.env.dev',
  ]);
  expect(fileOf('/etc/pvestack/deploy.conf', PYTHON)).toContain(
    'build_environment=PYTHONDONTWRITEBYTECODE=1',
  );
});

import { filesOf, fileOf } from './guest-files';
import { envOf, layersIn, only, readYaml } from './envs';

test.each<[string, string, string[]]>([
  [
    '',
    'deploy.conf',
    [
      'stack=app-pote-dev',
      'branch=dev',
      'keep=5',
      'health_timeout=30',
      'build_timeout=1800',
      'repo=git@git.example.lan:team/pote.git',
      'env_file=/srv/app/.env.dev',
      'trial=yes',
    ],
  ],
  ['keep_releases: 9', 'deploy.conf', ['keep=9']],
  ['health_timeout: 90', 'deploy.conf', ['health_timeout=90']],
  ['build_timeout: 60\nbuild_memory: 512', 'deploy.conf', ['build_timeout=60', 'build_memory=512']],
  ['build_disk_reserve: 512', 'deploy.conf', ['build_disk_reserve=512']],
  ['fetch_timeout: 3600', 'deploy.conf', ['fetch_timeout=3600']],
  ["watch: [services/api, 'libs/*']", 'deploy.conf', ["watch='libs/* services/api'"]],
  [
    'env_vars: {A: x, PASSWORD: "{{ vault_a }}", TOKEN: "x{{ vault_b }}"}\nbuild_secrets: [TOKEN]',
    'deploy.conf',
    ['build_hides=PASSWORD'],
  ],
  [
    'env_vars: {PASSWORD: "{{ vault_a }}", TOKEN: "x{{ vault_b }}"}',
    'deploy.conf',
    ["build_hides='PASSWORD TOKEN'"],
  ],
  [
    'git_deploy_key: "{{ vault_key }}"\ninstall_with_deploy_key: true',
    'deploy.conf',
    ['install_key=yes', 'trial=yes'],
  ],
  ['trial_start: false', 'deploy.conf', ['trial=no']],
  [
    'install_env: {NPM_TOKEN: "{{ vault_a }}", http_proxy: "http://proxy.example.lan:3128"}',
    'install_env',
    ['NPM_TOKEN={{ vault_a }}', "http_proxy='http://proxy.example.lan:3128'"],
  ],
  ['', 'services', ['app-backend.service backend 3001 -', 'app-frontend.service frontend 3000 -']],
  [
    'backend_health_path: /health\nfrontend_dir: web',
    'services',
    ['app-backend.service backend 3001 /health', 'app-frontend.service web 3000 -'],
  ],
  [
    '',
    'steps.sh',
    [
      '. /usr/local/lib/pvestack/steps/node.sh',
      '  build_part backend backend',
      '  build_part frontend frontend',
      'migrate_release() { migrate_part backend; }',
    ],
  ],
  ['backend_install: make "$X"', 'steps.sh', [`  build_part backend backend 'make "$X"'`]],
  [
    "frontend_build: make it's",
    'steps.sh',
    [`  build_part frontend frontend '' 'make it'\\''s'`, '  build_part backend backend'],
  ],
  [
    'frontend_install: make\nfrontend_build: make all\nfrontend_dir: apps/web',
    'steps.sh',
    [`  build_part frontend apps/web make 'make all'`],
  ],
  [
    'migrate: npx prisma migrate deploy',
    'steps.sh',
    [`migrate_release() { migrate_part backend 'npx prisma migrate deploy'; }`],
  ],
])('%j in %s: %j', (project, name, lines) => {
  const rendered = fileOf(`/etc/pvestack/${name}`, project);
  for (const line of lines) expect(rendered).toContain(line);
});

test.each<[string, string[]]>([
  ['env_vars: {TITLE: Shop}', []],
  [
    'env_vars: {NEXT_PUBLIC_API: "http://api.example.lan", TITLE: Shop, VITE_X: "{{ vault_x }}"}',
    ["NEXT_PUBLIC_API='http://api.example.lan'"],
  ],
  ['env_vars: {VITE_X: "{{ vault_x }}"}\nbuild_secrets: [VITE_X]', ['VITE_X={{ vault_x }}']],
  ['env_vars: {A: a, AB: b, VITE_X: x}\nbuild_env: [A]', ["A='a'"]],
  ['env_vars: {A: a, AB: b}\nbuild_env: [A*]', ["A='a'", "AB='b'"]],
  [
    'frontend_build: make "$X"\nbackend_install: make',
    ['backend_install: make', 'frontend_build: make "$X"'],
  ],
  ['app_type: python\npython_install: make', ['python_install: make']],
  ['app_type: python\nenv_vars: {VITE_X: x}', []],
])('%j is built with %j', (project, lines) => {
  const release = layersIn(envOf({ project })).find(({ name }) => name === 'release');
  expect(release?.lists).toEqual({ built_with: lines });
});

test('install_with_deploy_key without a key is refused', () => {
  expect(() => envOf({ project: 'install_with_deploy_key: true' })).toThrow('needs a deploy key');
});

test.each(['A-B', '*', '1A'])('build_env: [%j] is refused', (name) => {
  expect(() => envOf({ project: `build_env: [${JSON.stringify(name)}]` })).toThrow('is not the name');
});

test('what a variable holds is quoted by Terraform', () => {
  const env = only(
    readYaml(`app_projects:
  pote:
    repo: "{{ vault_repo }}"
    envs: {dev: {name: pote-dev, vmid: 201, ip: 10.0.10.101/24, gateway: 10.0.10.1, branch: dev}}
`),
  );
  const conf = filesOf(env).find(({ path }) => path === '/etc/pvestack/deploy.conf');
  expect(conf?.lines).toContain(`repo='\${replace(var.vault_repo, "'", "'\\\\''")}'`);
});

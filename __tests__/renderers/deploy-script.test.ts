import type { Env } from '../../inventory/types';
import { layersOf } from '../../renderers/layers';
import { DEPLOY_SCRIPT } from '../../renderers/layers/paths';
import { templateSource } from '../../renderers/template-source';
import { envOf, only, readYaml } from './envs';

/** The deploy script, as Terraform reads it. */
function script(env: Env): string[] {
  const layers = layersOf(env, templateSource([]));
  return layers.flatMap(({ files }) =>
    files.flatMap((file) => (file.path === DEPLOY_SCRIPT ? file.lines : [])),
  );
}

test.each<[string, string[]]>([
  [
    '',
    [
      'branch=dev',
      'keep=5',
      'health_timeout=30',
      'repo=git@git.example.lan:team/pote.git',
      'env_file=/srv/app/.env.dev',
    ],
  ],
  ['keep_releases: 9', ['keep=9']],
  ['health_timeout: 90', ['health_timeout=90']],
  ['', ['app-backend.service backend 3001 -', 'app-frontend.service frontend 3000 -']],
  [
    'backend_health_path: /health\nfrontend_dir: web',
    ['app-backend.service backend 3001 /health', 'app-frontend.service web 3000 -'],
  ],
  [
    'backend_install: make "$X"',
    [`    step 11 'backend install' confined "$release/backend" without-env 'make "$X"'`],
  ],
  [
    "frontend_build: make it's",
    [`    step 12 'frontend build' confined "$release/frontend" with-env 'make it'\\''s'`],
  ],
  [
    'migrate: npx prisma migrate deploy',
    [`  step 13 migration confined "$release/backend" with-env 'npx prisma migrate deploy'`],
  ],
])('%j in the deploy script: %j', (project, lines) => {
  const rendered = script(envOf({ project }));
  for (const line of lines) expect(rendered).toContain(line);
});

test('trial_start: false leaves the trial out', () => {
  const calls = (lines: string[]): string[] =>
    lines.filter((line) => /^ *step .*trial/.test(line)).map((line) => line.trim());
  expect(calls(script(envOf()))).toEqual([
    'step 14 "trial start" trial_start',
    'step - "trial health" trial_health',
  ]);
  expect(calls(script(envOf({ project: 'trial_start: false' })))).toEqual([]);
});

test('what a variable holds is quoted by Terraform', () => {
  const env = only(
    readYaml(`app_projects:
  pote:
    repo: "{{ vault_repo }}"
    envs: {dev: {name: pote-dev, vmid: 201, ip: 10.0.10.101/24, gateway: 10.0.10.1, branch: dev}}
`),
  );
  expect(script(env)).toContain(`repo='\${replace(var.vault_repo, "'", "'\\\\''")}'`);
});

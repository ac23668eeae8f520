import { readFileSync } from 'node:fs';
import path from 'node:path';
import type * as inventoryKinds from '../../inventory/kinds/registry';
import type * as features from '../../renderers/features/registry';
import type * as kinds from '../../renderers/kinds/registry';
// The kind before what reads it: the registry is mocked with it.
import { go as goKind } from '../support/go-kind';
import { go } from '../support/go';
import { redis } from '../support/redis';
import { sh } from '../support/shell';
import { Workspace } from '../support/workspace';

// The lines of registration.
jest.mock('../../inventory/kinds/registry', () => {
  const { KINDS } = jest.requireActual<typeof inventoryKinds>('../../inventory/kinds/registry');
  return { KINDS: { ...KINDS, go: goKind } };
});
jest.mock('../../renderers/kinds/registry', () => {
  const { KINDS } = jest.requireActual<typeof kinds>('../../renderers/kinds/registry');
  return { KINDS: { ...KINDS, go } };
});
jest.mock('../../renderers/features/registry', () => {
  const { FEATURES } = jest.requireActual<typeof features>('../../renderers/features/registry');
  return { FEATURES: [...FEATURES, redis] };
});

const ROOT = path.join(__dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** The layers of a shop in Go, and the names of the resources that run them. */
function shop(envVars = ''): {
  layers: Record<string, { lists: Record<string, string[]>; files: Record<string, string[]> }>;
  resources: string[];
} {
  const workspace = new Workspace();
  workspace.synth(`
proxmox_host: pve.example.lan
app_projects:
  shop:
    app_type: go
    repo: git@git.example.lan:team/shop.git
    backend_port: 8080
    env_vars: {${envVars}}
    envs: {dev: {name: shop-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1, branch: main}}
`);
  const { locals, resource } = JSON.parse(workspace.json('app-shop-dev')) as {
    locals: { layers: ReturnType<typeof shop>['layers'] };
    resource: { null_resource: Record<string, unknown> };
  };
  workspace.remove();
  return { layers: locals.layers, resources: Object.keys(resource.null_resource) };
}

test('a third kind of application is a file and a line in each of two folders: its guest has all that it names', () => {
  const { layers, resources } = shop();
  expect(resources).toEqual(expect.arrayContaining(['app', 'base_os', 'kit', 'release']));
  expect(layers['base_os']?.lists).toMatchObject({
    packages: expect.arrayContaining(['golang-go']) as string[],
    firewall: ['allow 22/tcp', 'allow 8080/tcp'],
  });
  const files = layers['app']?.files ?? {};
  expect(files['/etc/systemd/system/app-backend.service']).toEqual(
    expect.arrayContaining(['ExecStart=/srv/app/current/server', 'Environment=PORT=8080']),
  );
  expect(files['/etc/systemd/system/app-.service.d/common.conf']).toEqual(
    expect.arrayContaining([
      'User=app',
      'EnvironmentFile=/srv/app/.env.dev',
      // What the process was started with: a later deploy restarts it only if that changed.
      'ExecStartPre=+/usr/local/lib/pvestack/stamp --record %n',
      'Restart=always',
    ]),
  );
  expect(files['/etc/pvestack/services']).toEqual(['app-backend.service . 8080 -']);
  expect(files['/etc/pvestack/deploy.conf']).toContain('build_environment=GOCACHE=/var/cache/app/go');
  const steps = (files['/etc/pvestack/steps.sh'] ?? []).join('\n');
  const words = `step() { printf '%s|' "$@"; echo; }; release=/srv/app/releases/1`;
  expect(sh(`${words}\n${steps}\nbuild_release; migrate_release; prove_release`)).toEqual({
    status: 0,
    stdout: '12|build|confined|/srv/app/releases/1|without-env|go build -o server .|\n',
    stderr: '',
  });
});

test('a feature is one file and one line, for any kind of application', () => {
  const unit = '/etc/systemd/system/app-.service.d/common.conf';
  const plain = shop().layers;
  expect(plain['base_os']?.lists['packages']).not.toContain('redis-server');
  expect(plain['app']?.files[unit]).toContain('After=network-online.target');
  const { layers } = shop('REDIS_URL: redis://localhost');
  expect(layers['base_os']?.lists['packages']).toContain('redis-server');
  expect(layers['app']?.files[unit]).toContain('After=network-online.target redis-server.service');
});

test.each([
  ['inventory/kinds/go.ts', '__tests__/support/go-kind.ts'],
  ['renderers/kinds/go.ts', '__tests__/support/go.ts'],
  ['renderers/features/redis.ts', '__tests__/support/redis.ts'],
])('CONTRIBUTING.md shows %s as it was just tried', (name, file) => {
  const page = read('CONTRIBUTING.md');
  const [, shown] = new RegExp(`^\`\`\`ts\\n// ${name}\\n(.*?)^\`\`\``, 'ms').exec(page) ?? [];
  expect(shown).toBe(
    read(file)
      .replace('./go-kind', '../../inventory/kinds/go')
      .replace("'../../inventory/part'", "'../part'")
      .replaceAll('../../renderers/', '../'),
  );
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type * as kinds from '../../../inventory/kinds/registry';
import type * as registry from '../../../renderers/app-types/registry';
import { go as goKind } from '../../support/go-kind';
import { go } from '../../support/go';
import { Workspace } from '../../support/workspace';

// The two lines of registration.
jest.mock('../../../inventory/kinds/registry', () => {
  const { KINDS } = jest.requireActual<typeof kinds>('../../../inventory/kinds/registry');
  return { KINDS: { ...KINDS, go: goKind } };
});
jest.mock('../../../renderers/app-types/registry', () => {
  const { APP_TYPES } = jest.requireActual<typeof registry>('../../../renderers/app-types/registry');
  return { APP_TYPES: { ...APP_TYPES, go } };
});

const ROOT = path.join(__dirname, '..', '..', '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

test('a third kind of application is a file and a line in each of two folders: its guest has all that it names', () => {
  const workspace = new Workspace();
  workspace.synth(`
proxmox_host: pve.example.lan
app_projects:
  shop:
    app_type: go
    repo: git@git.example.lan:team/shop.git
    backend_port: 8080
    envs: {dev: {name: shop-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1, branch: main}}
`);
  const { locals, resource } = JSON.parse(workspace.json('app-shop-dev')) as {
    locals: Record<string, Record<string, string[]>>;
    resource: { null_resource: Record<string, unknown> };
  };
  workspace.remove();
  expect(Object.keys(resource.null_resource)).toEqual(expect.arrayContaining(['app', 'base_os', 'release']));
  expect(locals['base_os_settings']).toMatchObject({
    'packages.wanted': expect.arrayContaining(['golang-go']) as string[],
    'firewall.wanted': ['allow 22/tcp', 'allow 8080/tcp'],
  });
  const { '/usr/local/bin/deploy_app.sh': script, '/etc/systemd/system/app-backend.service': unit } =
    locals['app_files'] ?? {};
  expect(unit).toContain('ExecStart=/srv/app/current/server');
  expect(script).toEqual(
    expect.arrayContaining([
      'app-backend.service . 8080 -',
      'build_release() { step 12 build confined "$release" without-env "go build -o server ."; }',
      '    -E GOCACHE=/var/cache/app/go \\',
    ]),
  );
});

test.each([
  ['inventory/kinds/go.ts', 'go-kind.ts'],
  ['renderers/app-types/go.ts', 'go.ts'],
])('CONTRIBUTING.md shows this very %s', (file, support) => {
  const [, shown] =
    new RegExp(`^\`\`\`ts\\n// ${file}\\n(.*?)^\`\`\``, 'ms').exec(read('CONTRIBUTING.md')) ?? [];
  const there = read(`__tests__/support/${support}`)
    .replace('./go-kind', '../../inventory/kinds/go')
    .replace("'../../inventory/part'", "'../part'")
    .replaceAll('../../renderers/app-types/', './')
    .replaceAll('../../renderers/', '../');
  expect(shown).toBe(there);
});

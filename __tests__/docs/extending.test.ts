import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { compilerOptions } from '../../tsconfig.json';
import { ExtendedTree, FILES, shown } from '../support/extended-tree';
import { sh } from '../support/shell';

jest.setTimeout(240_000);

/** The line that registers each file. */
const LINES = shown('registry.ts').trim().split('\n');
const tree = new ExtendedTree();
const copy = tree.folder;

afterAll(() => {
  tree.remove();
});

/** The layers of a shop in Go, and the names of the resources that run them. */
function shop(key = ''): {
  layers: Record<string, { lists: Record<string, string[]>; files: Record<string, string[]> }>;
  resources: string[];
} {
  const inventory = `
proxmox_host: pve.example.lan
ssh_public_keys: ["{{ vault_key }}"]
app_projects:
  shop:
    app_type: go
    repo: git@git.example.lan:team/shop.git
    backend_port: 8080
    ${key}
    envs: {dev: {name: shop-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1, branch: main}}
`;
  const stacks = tree.synth(inventory);
  const { locals, resource } = JSON.parse(
    readFileSync(path.join(stacks, 'app-shop-dev/cdk.tf.json'), 'utf8'),
  ) as { locals: { layers: ReturnType<typeof shop>['layers'] }; resource: { null_resource: object } };
  return { layers: locals.layers, resources: Object.keys(resource.null_resource) };
}

test('each is one file and one line', () => {
  expect(LINES).toHaveLength(FILES.length);
  FILES.forEach((file, index) => {
    expect(LINES[index]).toMatch(new RegExp(`^export \\{ \\w+ \\} from './${file.replace('.ts', '')}';$`));
  });
});

test('a third kind of application: its guest has all that it names', () => {
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
  const steps = (files['/etc/pvestack/steps.sh'] ?? []).join('\n');
  const words = `step() { printf '%s|' "$@"; echo; }; release=/srv/app/releases/1`;
  expect(sh(`${words}\n${steps}\nbuild_release; migrate_release; prove_release`)).toEqual({
    status: 0,
    stdout: '12|build|confined|/srv/app/releases/1|without-env|go build -o server .|\n',
    stderr: '',
  });
});

test('the inventory in Go of the cook-book is one', () => {
  const stacks = tree.synth(readFileSync(path.join(__dirname, '../../examples/cookbook/go.yml'), 'utf8'));
  expect(readFileSync(path.join(stacks, 'app-hello-dev/cdk.tf.json'), 'utf8')).toContain(
    'go build -o server',
  );
});

test('a feature, for any kind of application', () => {
  const unit = '/etc/systemd/system/app-.service.d/common.conf';
  const plain = shop().layers;
  expect(plain['base_os']?.lists['packages']).not.toContain('memcached');
  expect(plain['app']?.files[unit]).toContain('After=network-online.target');
  const { layers } = shop('memcached: true');
  expect(layers['base_os']?.lists['packages']).toContain('memcached');
  expect(layers['app']?.files[unit]).toContain('After=network-online.target memcached.service');
});

test('what they refuse is refused, and what they do not know, too', () => {
  expect(() => shop('memcached: sometimes')).toThrow('app_projects.shop.memcached  ');
  expect(() => shop('frontend_port: 3000')).toThrow(
    'app_projects.shop.frontend_port  is for app_type: node only  remove it, or set app_type: node',
  );
});

test('the schema has them behind those that were there, and node is still the default', () => {
  const { properties } = JSON.parse(tree.pvestack('schema')) as {
    properties: { app_projects: { additionalProperties: { properties: Record<string, object> } } };
  };
  const { app_type, memcached } = properties.app_projects.additionalProperties.properties;
  expect(app_type).toMatchObject({ enum: ['node', 'python', 'go', 'none'], default: 'node' });
  expect(memcached).toMatchObject({ default: false });
});

/** A text of TypeScript without the first property of a name. */
function without(text: string, property: string): string {
  const file = ts.createSourceFile('part.ts', text, ts.ScriptTarget.ES2022, true);
  const find = (node: ts.Node): ts.Node | undefined =>
    ts.isPropertyAssignment(node) && node.name.getText() === property ? node : ts.forEachChild(node, find);
  const found = find(file);
  if (!found) throw new Error(`no ${property}`);
  return text.slice(0, found.getFullStart()) + text.slice(found.getEnd() + 1);
}

test('what is forgotten is an error of the compiler', () => {
  const [go, memcached] = FILES.map(shown) as [string, string];
  const variants: [file: string, text: string, said: string][] = [
    ['kinds/go.ts', go, ''],
    ['features/memcached.ts', memcached, ''],
    ...['name', 'resolve', 'contribution'].map((part): [string, string, string] => [
      `kinds/go-without-${part}.ts`,
      without(go, part),
      `Property '${part}' is missing in type`,
    ]),
    ['kinds/go-without-keys.ts', without(go, 'keys'), `'"backend_port"' is not assignable`],
    // Settings that it does not make, and a key that is another kind's.
    ['kinds/go-settings.ts', go.replace('(_settings, ', '({ port }, '), `Property 'port' does not exist`],
    [
      'kinds/go-key.ts',
      go.replace("get('backend_port')", "get('frontend_port')"),
      `'"frontend_port"' is not assignable`,
    ],
  ];
  const paths = variants.map(([file]) => path.join(copy, file));
  variants.forEach(([, text], index) => {
    writeFileSync(paths[index] ?? '', text);
  });
  const { options } = ts.convertCompilerOptionsFromJson({ ...compilerOptions, types: ['node'] }, copy);
  const program = ts.createProgram(paths, options);
  variants.forEach(([file, , said], index) => {
    const complaints = program
      .getSemanticDiagnostics(program.getSourceFile(paths[index] ?? ''))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
    const expected: unknown = said === '' ? [] : expect.arrayContaining([expect.stringContaining(said)]);
    expect([file, complaints]).toEqual([file, expected]);
  });
});

import { envOf, layersIn } from '../renderers/envs';
import { fileOf } from '../renderers/guest-files';

const PYTHON = 'app_type: python\nservice_start: python -m pote.api\n';

test.each<[string, string[], string[]]>([
  [
    'postgresql: {}',
    ['PGHOST=/run/postgresql', 'PGDATABASE=pote', 'PGUSER=app'],
    ['database=pote', 'user=app', 'password=no', 'backup_keep=14'],
  ],
  [
    'postgresql: {password: "{{ vault_p }}", backup_keep: 3}',
    ['PGHOST=localhost', 'PGDATABASE=pote', 'PGUSER=pote'],
    ['database=pote', 'user=pote', 'password=yes', 'backup_keep=3'],
  ],
])('%j: what libpq reads, of units and of builds, and what the programs read', (project, client, conf) => {
  const common = fileOf('app-.service.d/common.conf', PYTHON + project);
  expect(common).toEqual(expect.arrayContaining(client.map((value) => `Environment=${value}`)));
  expect(common).toContain('After=network-online.target postgresql.service');
  const [, building = ''] =
    /^build_environment='(.*)'$/m.exec(fileOf('/etc/pvestack/deploy.conf', PYTHON + project).join('\n')) ??
    [];
  expect(building.split(' ')).toEqual(expect.arrayContaining(client));
  expect(fileOf('/etc/pvestack/postgresql.conf', PYTHON + project).slice(1)).toEqual(conf);
});

test('the password is no line of any file, and a variable of the layer', () => {
  const env = envOf({ project: `${PYTHON}postgresql: {password: "{{ vault_p }}", extensions: [pg_trgm]}` });
  const layer = layersIn(env).find(({ name }) => name === 'postgresql');
  expect(layer).toMatchObject({
    lists: { packages: ['postgresql'], extensions: ['pg_trgm'] },
    uploads: { db_password: 'var.vault_p' },
    secretVariables: ['vault_p'],
  });
  expect(JSON.stringify(layer?.files)).not.toContain('vault_p');
});

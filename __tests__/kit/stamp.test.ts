import { symlinkSync } from 'node:fs';
import { kitPart, type Ran, sh, TemporaryFolder } from '../support/shell';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  folder.write(
    'etc/app.service',
    '[Service]\nEnvironmentFile=ENV\nExecStart=x\n'.replace('ENV', folder.at('env')),
  );
  folder.write('etc/app.service.d/own.conf', `[Service]\nEnvironmentFile=-${folder.at('env.more')}\n`);
  folder.write('etc/app-.service.d/common.conf', '[Service]\nUser=app\n');
  folder.write('env', 'A=1\n');
  folder.write('env.more', 'B=1\n');
  folder.write('srv/releases/1/file', '');
  symlinkSync('releases/1', folder.at('srv/current'));
});
afterEach(() => {
  folder.remove();
});

function stamp(option: string, unit = 'app.service'): Ran {
  const program = kitPart('stamp')
    .replaceAll('/etc/systemd/system', folder.at('etc'))
    .replaceAll('/run/pvestack-started', folder.at('run'))
    .replaceAll('/srv/app', folder.at('srv'));
  return sh(program, { args: [option, unit] });
}

const YES = { status: 0, stdout: '', stderr: '' };
const NO = { status: 1, stdout: '', stderr: '' };

test('a process that was never started with a stamp was started with something else', () => {
  expect(stamp('--same')).toEqual(NO);
});

test('nothing changed since the start', () => {
  expect(stamp('--record')).toEqual(YES);
  expect(stamp('--same')).toEqual(YES);
  expect(stamp('--same', 'other.service')).toEqual(NO);
});

test.each<[string, () => unknown]>([
  ['the unit', () => folder.write('etc/app.service', '[Service]\nExecStart=y\n')],
  ['a drop-in of it', () => folder.write('etc/app.service.d/own.conf', '[Service]\n')],
  ['another drop-in of it', () => folder.write('etc/app.service.d/new.conf', '[Service]\n')],
  ['a drop-in of all units', () => folder.write('etc/app-.service.d/common.conf', '[Service]\nUser=x\n')],
  ['the env file', () => folder.write('env', 'A=2\n')],
  ['an env file that need not be there', () => folder.write('env.more', 'B=2\n')],
  ['the release', () => sh('ln -sfn releases/2 "$1/srv/current"', { args: [folder.root] })],
])('%s changed since the start', (_what, change) => {
  expect(stamp('--record')).toEqual(YES);
  change();
  expect(stamp('--same')).toEqual(NO);
  expect(stamp('--record')).toEqual(YES);
  expect(stamp('--same')).toEqual(YES);
});

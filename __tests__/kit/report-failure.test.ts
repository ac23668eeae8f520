import { readFileSync } from 'node:fs';
import { kitPart, sh, TemporaryFolder } from '../support/shell';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => {
  folder.remove();
});

/** What a hook gets of a job's log. */
function told(log: string): string {
  folder.write('log/job.log', log);
  folder.write('etc/failure.conf', `stack=app-shop-dev mail= hook='cat >${folder.at('told')}'\n`);
  folder.write('etc/deploy.conf', `env_file=${folder.at('env')}\n`);
  folder.write('kit/lib/quote.sh', kitPart('lib/quote.sh'));
  folder.write(
    'env',
    `TITLE='Shop'\nURL='postgresql://shop:right-horse@localhost/shop'\nTOKEN="it's \\$6"\n`,
  );
  const program = kitPart('report-failure')
    .replaceAll('/etc/pvestack', folder.at('etc'))
    .replaceAll('/usr/local/lib/pvestack', folder.at('kit'))
    .replaceAll('/var/lib/app/logs', folder.at('log'));
  expect(sh(program, { args: ['app-job-job'] })).toEqual({ status: 0, stdout: '', stderr: '' });
  return readFileSync(folder.at('told'), 'utf8');
}

test.each([
  ['its last lines, as they are', 'Shop\nopen: no such file\n', 'Shop\nopen: no such file\n'],
  [
    'no values of the env file, nor a password of a URL in it',
    "postgresql://shop:right-horse@localhost/shop\nfor user shop: right-horse; it's $6\n",
    '***\nfor user shop: ***; ***\n',
  ],
  ['nothing that steers a terminal', '\u001B[31mred\u001B[0m\u0007\n', 'red\n'],
  ['50 lines', 'line\n'.repeat(99), 'line\n'.repeat(50)],
])('who hears of a failure gets %s', (_what, log, expected) => {
  expect(told(log)).toBe(expected);
});

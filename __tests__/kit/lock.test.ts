import { kitPart, sh, TemporaryFolder } from '../support/shell';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => {
  folder.remove();
});

/** Two runs: one that takes the lock and does something, one that finds it held and does not wait long. */
const waiting = (holds: string): string => {
  const lock = kitPart('lib/lock.sh')
    .replaceAll('/run/pvestack.lock', folder.at('lock'))
    .replace('-w 1800', '-w 0.1');
  folder.write('holder.sh', `${lock}\nlock deploy_app.sh v1\necho "$$" >'${folder.at('pid')}'\n${holds}\n`);
  const { stdout } = sh(
    `${lock}
sh '${folder.at('holder.sh')}' >/dev/null &
while ! [ -s '${folder.at('pid')}' ]; do sleep 0.02; done
[ -z "$1" ] || wait $!
lock restore || echo "$held_for_long"
[ -n "$1" ] || kill "$!"
kill "$(cat '${folder.at('child')}' 2>/dev/null)" 2>/dev/null
:`,
    { args: [holds.includes('&') ? 'child' : ''] },
  );
  return stdout
    .replaceAll(sh('cat "$1"', { args: [folder.at('pid')] }).stdout.trim(), 'PID')
    .replaceAll(folder.root, '');
};

test('one that waits says who holds the lock, and how to see more', () => {
  expect(waiting('exec sleep 10')).toBe(
    `waiting  for another run on this guest: deploy_app.sh v1; see: systemctl status PID
another run has held /lock for 30 minutes: deploy_app.sh v1; see: systemctl status PID
`,
  );
});

test('also where only a child of it holds it still', () => {
  expect(waiting(`sleep 10 & echo $! >'${folder.at('child')}'`)).toContain(
    'a process that deploy_app.sh v1 left; see: ls -l /proc/[0-9]*/fd/9',
  );
});

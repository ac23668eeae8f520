import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { PYTHON_BAKED } from '../support/pote-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';
import type { Outcome } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(900_000);

const ROOT = path.join(__dirname, '..', '..');
const PAGE = path.join(ROOT, 'docs/days.md');
const page = readFileSync(PAGE, 'utf8');
const [, INVENTORY = ''] = /^```yaml\n([^]*?)^```$/m.exec(page) ?? [];

/** What is typed, and what the page says that it prints. */
interface Line {
  typed: string;
  said: string[];
}
const LINES = [...page.matchAll(/^```console\n([^]*?)^```$/gm)].flatMap(([, block = '']) =>
  block
    .trimEnd()
    .split('\n')
    .reduce<Line[]>((lines, line) => {
      if (line.startsWith('$ ')) lines.push({ typed: line.slice(2), said: [] });
      else lines.at(-1)?.said.push(line);
      return lines;
    }, []),
);

/** Without what is another one each time. */
const calm = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z| UTC)/g, 'TIME')
    .replace(/\bn\d{6}-\d{8}T\d{6}Z(-[0-9a-f]{7})?/g, 'NUMBER')
    .replace(/\b([0-9a-f]{40}|[0-9a-f]{7})\b/g, 'COMMIT')
    .replace(/owner-[0-9a-f]{12}/g, 'OWNER')
    .replace(/SHA256:\S+/g, 'KEY')
    .replace(/\b\d+\.\d s\b/g, 'SECONDS')
    .replace(/\b\d+(\.\d+)? (ms|KiB|MiB)\b/g, 'AMOUNT')
    .replace(/\b\d+ %/g, 'PART')
    .replace(/\b(just now|\d+ min)\b/g, 'AGO')
    .replace(/[\w.-]+@[\w.-]+(?= holds)/g, 'SOMEBODY')
    .replace(/ +/g, ' ')
    .trimEnd();

/** Whether a text is what the page says; `…` is any number of lines. */
function expectSaid(output: string, said: readonly string[]): void {
  const lines = calm(output).split('\n');
  let at = 0;
  let isAnywhere = false;
  for (const one of said) {
    if (one.trim() === '…') {
      isAnywhere = true;
      continue;
    }
    const wanted = calm(one);
    const found = isAnywhere ? lines.indexOf(wanted, at) : at;
    if (lines[found] !== wanted) expect(lines.slice(at).join('\n')).toBe(wanted);
    at = found + 1;
    isAnywhere = false;
  }
  if (!isAnywhere) expect(lines.slice(at).join('\n')).toBe('');
}

describeWith([realGuests, providers, git], 'a first day, and a bad one, line by line', () => {
  const lab = useRealLab({ lab: { bases: { ...BAKED.bases, ...PYTHON_BAKED.bases } } });
  const repository = new AppRepository('dev');
  let stop = (): void => undefined;
  /** What goes on at another desk. */
  let colleague: Promise<Outcome> | undefined;
  /** What a line before printed, for what is written as `<…>` in a later one. */
  let before = '';

  const run = (line: string): Promise<Outcome> =>
    lab.exec('sh', ['-c', line], {
      cwd: lab.workspace.root,
      env: {
        PATH: `${path.join(lab.workspace.root, 'bin')}:${process.env['PATH'] ?? ''}`,
        TF_VAR_ssh_private_key_file: lab.privateKey,
        PVESTACK_BY: 'ann@example.lan',
      },
    });

  const PUSHES: Readonly<Record<string, Record<string, string>>> = {
    'New cart': { 'backend/version': 'two' },
    Broken: { 'backend/server.js': "throw new Error('no cart');\n" },
    'Wrong prices': {
      'backend/server.js': repository.git('show', 'HEAD:backend/server.js'),
      'backend/version': 'three',
    },
  };

  /** What is typed elsewhere than at this terminal. */
  async function elsewhere(typed: string): Promise<boolean> {
    const [, message = ''] = /^git push {4}# (.*)$/.exec(typed) ?? [];
    if (message !== '') {
      repository.commit(message, PUSHES[message]);
      return true;
    }
    if (typed.startsWith('pct stop 301')) {
      await lab.api('POST', '/nodes/pve/lxc/301/status/stop');
      return true;
    }
    if (/ & +# a colleague$/.test(typed)) {
      lab.emulator.faults.add({
        kind: 'slow',
        method: 'GET',
        path: '/nodes/pve/lxc/301/config',
        delayMs: 3000,
      });
      colleague = run(typed.replace(/ & .*$/, ''));
      await sleep(2000);
      return true;
    }
    return false;
  }

  beforeAll(async () => {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.js')], { stdio: 'ignore' });
    stop = await serveGit(lab, repository);
    repository.git('branch', 'main');
    const inventory = INVENTORY.replace(
      'proxmox_host: pve.example.lan',
      `proxmox_host: ${lab.emulator.url}\nguest: { lxc_ostemplate: 'local:vztmpl/debian-12-pote_1_amd64.tar.zst' }`,
    )
      .replace(/ssh-ed25519 AAAA.*$/m, lab.publicKey)
      .replace('https://git.example.lan/team/shop.git', 'git://10.0.10.1/app');
    writeFileSync(path.join(lab.workspace.root, 'inventory.yml'), inventory);
    writeFileSync(
      path.join(lab.workspace.root, 'cdktf.json'),
      JSON.stringify({ language: 'typescript', app: 'true', context: { inventory: 'inventory.yml' } }),
    );
    await run(
      `mkdir bin && ln -s '${path.join(ROOT, 'bin/pvestack.js')}' bin/pvestack && git init -q -b main && git add inventory.yml cdktf.json && git -c user.name=ann -c user.email=ann@example.lan commit -qm one`,
    );
  });
  afterAll(() => {
    stop();
    repository.remove();
  });

  test('every line says what the page says', async () => {
    const written: string[] = [];
    for (const { typed, said } of LINES) {
      if (await elsewhere(typed)) continue;
      const dump = /\S+\.dump/.exec(before)?.[0] ?? '';
      const owner = /TF_VAR_owner=(owner-[0-9a-f]{12})/.exec(before)?.[1] ?? '';
      const line = typed.replace('<dump>', dump).replace('<owner>', owner);
      const { output } = await run(line);
      written.push(`$ ${typed}`, output.trimEnd());
      before = output;
      if (process.env['UPDATE_DOCS']) continue;
      try {
        expectSaid(output, said);
      } catch (error) {
        throw new Error(`$ ${typed}\n${output}\n${(error as Error).message}`, { cause: error });
      }
      if (colleague) {
        const { code, output: theirs } = await colleague;
        colleague = undefined;
        lab.emulator.faults.remove();
        expect([code, theirs]).toEqual([0, theirs]);
      }
    }
    // What was printed, to be read and copied into the page.
    if (process.env['UPDATE_DOCS']) console.log(written.join('\n'));
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { kit } from '../../renderers/kit';
import type { Layer } from '../../renderers/layers/layer';
import { layerLocals } from '../../renderers/layers/script';
import { command, describeWith } from '../support/requirements';
import { sh, TemporaryFolder } from '../support/shell';
import { envOf, layersIn } from './envs';
import { unescaped } from './guest-files';

jest.setTimeout(120_000);

/** Every option that puts lines into a script. */
const PYTHON = `app_type: python
git_deploy_key: '{{ vault_key }}'
git_known_hosts: [git.example.lan ssh-ed25519 AAAA]
env_vars: {SMTP_HOST: mail.example.lan, NAME: "{{ vault_name }}", TEXT: "it's \${x} %{y} $z"}
failure_mail: ops@example.lan
failure_hook: "echo it's $UNIT"
postgresql: {password: '{{ vault_password }}', extensions: [pg_trgm]}
service_start: python -m pote.api
jobs: {daily: {run: 'echo "$HOME"', at: daily}, weekly: {run: x, cron: 0 6 * * 1}}
run_jobs: true
`;

const CASES = Object.entries({
  'Node.js': '',
  'Python with all options': PYTHON,
  'Python with none': 'app_type: python',
  'Python with commands of its own':
    'app_type: python\npython_install: make\nmigrate: make migrate\nhealth_command: make check',
});

/** What every variable holds. */
const SECRET = 'nobody-may-see-this';

/** What the plan says of a layer; a quote in it must not end the shell's word. */
const token = (layer: string): string => `3: it's the ${layer}`;

/** The scripts of all layers, as Terraform makes them. */
function scriptsOf(layers: readonly Layer[]): Record<string, string> {
  const folder = new TemporaryFolder();
  const facts = Object.fromEntries(layers.map(({ name }) => [name, token(name)]));
  const variable = Object.fromEntries(
    ['vault_key', 'vault_name', 'vault_password'].map((name) => [name, { default: SECRET }]),
  );
  folder.write(
    'main.tf.json',
    JSON.stringify({ locals: { ...layerLocals(layers, 'app-shop-dev'), facts }, variable }),
  );
  folder.write('kit.sh', kit());
  try {
    const out = execFileSync('terraform', ['console'], {
      cwd: folder.root,
      input: 'base64encode(jsonencode(local.scripts))\n',
      encoding: 'utf8',
      env: { ...process.env, CHECKPOINT_DISABLE: '1' },
    });
    return JSON.parse(Buffer.from(JSON.parse(out) as string, 'base64').toString()) as Record<string, string>;
  } finally {
    folder.remove();
  }
}

describeWith([command('terraform')], 'the scripts of layers, as Terraform makes them', () => {
  describe.each(CASES)('%s', (_type, project) => {
    const env = envOf({ top: 'ssh_public_keys: ["ssh-ed25519 AAAA it\'s ops"]', project });
    const layers = layersIn(env);
    let scripts: Record<string, string>;
    beforeAll(() => {
      scripts = scriptsOf(layers);
    });

    /** Runs a script with words that say how they were called, and what they got decoded. */
    const words = `
settings() { printf 'settings %s\\n' "$1"; printf '%s' "$2" | base64 -d; }
elsewhere_too() { printf 'elsewhere\\n'; printf '%s' "$1" | base64 -d | sort; }
put() { printf 'put %s %s %s %s\\n' "$1" "$2" "$3" "$(shift 4; echo "$*")"; printf '%s' "$4" | base64 -d; }
put_secret() { printf 'put_secret %s\\n' "$*"; }
before_files() { printf 'before as %s: %s\\n' "$layer" "$token"; }
after_files() { echo after; }
finish() { echo finish; }
`;
    /** The end of the library: from there on the worker runs the words. */
    const withWords = (name: string): string =>
      `${words}\n${(scripts[name] ?? '').replace('. /usr/local/lib/pvestack/lib/layer.sh', ':').replace(/^library lib\/layer$/m, ':')}\n`;

    test('are words with their data, byte for byte, in their order', () => {
      const text = (lines: readonly string[]): string =>
        lines.length === 0 ? '' : `${unescaped(lines).join('\n')}\n`;
      for (const { name, lists, files } of layers) {
        if (name === 'kit') continue;
        const others = layers.filter((other) => other.name !== name);
        const elsewhere = others.flatMap((other) => [
          ...other.files.map(({ path }) => `file\t${path}`),
          ...((other.lists['packages'] ?? []) as string[]).map(
            (one) => `package\t${one.split('=')[0] ?? ''}`,
          ),
        ]);
        const byName = <T extends readonly [string, unknown]>(entries: readonly T[]): T[] =>
          [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
        const expected = [
          `elsewhere\n${text(elsewhere.sort())}`,
          ...byName(Object.entries(lists))
            .filter(([, lines]) => lines.length > 0)
            .map(([list, lines]) => `settings ${list}\n${text(lines as string[])}`),
          `before as ${name}: ${token(name).replaceAll("'", '')}\n`,
          ...byName(files.map((file) => [file.path, file] as const)).map(
            ([path, { mode, owner, check, secret, lines }]) =>
              secret
                ? `put_secret ${mode} ${owner} ${path} ${secret.name}\n`
                : `put ${mode} ${owner} ${path} ${check ?? ''}\n${text(lines)}`,
          ),
          'after\nfinish\n',
        ].join('');
        expect(sh(withWords(name), { env: { LC_ALL: 'C' } })).toEqual({
          status: 0,
          stdout: expected,
          stderr: '',
        });
      }
    });

    test('the first brings the kit', () => {
      const script = scripts['kit'] ?? '';
      expect(script).toContain(kit());
      const { stdout } = sh(withWords('kit'));
      // What the plan shows of it is the sum of the file beside the JSON.
      const sum = createHash('sha256').update(kit()).digest('hex');
      expect(stdout).toContain(`settings programs\n${sum}  kit.sh\nbefore as kit:`);
    });

    test('hold no secret, as it is or encoded', () => {
      const all = layers.map(({ name }) => `${scripts[name] ?? ''}${sh(withWords(name)).stdout}`).join('\n');
      expect(all).toContain('branch=dev');
      expect(all).not.toContain(SECRET);
    });

    describeWith([command('shellcheck')], 'and shellcheck finds nothing in them', () => {
      const check = (name: string, script: string): void => {
        // What a kit.sh has is read as it lies; the words are defined there (SC2034: what they read).
        const { stdout } = spawnSync(
          'shellcheck',
          ['--shell=sh', '--exclude=SC1091,SC2016,SC2034,SC2154', '-'],
          {
            input: script,
            encoding: 'utf8',
          },
        );
        expect(`${name}: ${stdout}`).toBe(`${name}: `);
      };
      test('the layers', () => {
        for (const { name } of layers) check(name, (scripts[name] ?? '').replace(kit(), ''));
      });
      test('the files of a guest that a shell reads', () => {
        const read = layers
          .flatMap(({ files }) => files)
          .filter(({ path }) => /^\/etc\/pvestack\/(steps\.sh|\w+\.conf)$/.test(path));
        const names = read.map(({ path }) => path);
        expect(names).toEqual(
          expect.arrayContaining(['/etc/pvestack/deploy.conf', '/etc/pvestack/steps.sh']),
        );
        for (const { path, lines } of read) {
          const known = unescaped(lines)
            .join('\n')
            .replace(/\$\{replace\(var\.\w+.*?\)\}/g, 'value');
          check(path, `${known}\n`);
        }
      });
    });
  });
});

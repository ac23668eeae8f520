import { spawnSync } from 'node:child_process';
import { layersOf } from '../../renderers/layers';
import { LAYERS } from '../../renderers/layers/layer';
import { libraryLocals } from '../../renderers/layers/libraries';
import { DEPLOY_SCRIPT } from '../../renderers/layers/paths';
import { templateSource } from '../../renderers/template-source';
import { command, describeWith } from '../support/requirements';
import { envOf } from './envs';

const RESTORE = '/usr/local/bin/restore_app_db.sh';
const source = templateSource([]);
/** As the guest's shell gets it: Terraform's escapes undone, a value for each of its expressions. */
const atGuest = (lines: readonly string[]): string =>
  `${lines
    .join('\n')
    .replace(/(?<!\$)\$\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}/g, 'value')
    .replaceAll('$${', () => '${')
    .replaceAll('%%{', '%{')}\n`;

/** Every option that puts lines into a script. */
const PYTHON = `app_type: python
git_deploy_key: '{{ vault_key }}'
env_vars: {SMTP_HOST: mail.example.lan}
failure_mail: ops@example.lan
failure_hook: "echo it's $UNIT"
postgresql: {password: '{{ vault_password }}', extensions: [pg_trgm]}
service_start: python -m pote.api
jobs: {daily: {run: 'echo "$HOME"', at: daily}, weekly: {run: x, cron: 0 6 * * 1}}
run_jobs: true
`;

/** A script for each layer, and each script that a layer leaves on the guest. */
function scriptsOf(project: string): [name: string, script: string][] {
  const layers = layersOf(envOf({ project }), source);
  const libraries = libraryLocals(layers, source);
  return layers.flatMap(({ name, libraries: used, variables = {}, before, after, prove, files }) => {
    const whole = [
      `layer=${name} token=t`,
      ...Object.keys(variables).map((variable) => `${variable}=v`),
      ...used.flatMap((library) => libraries[`layer_${library}`] ?? []),
      ...(before?.lines ?? []),
      ...(after?.lines ?? []),
      'finish',
    ];
    const scripts: [string, string][] = [[`the layer ${name}`, atGuest(whole)]];
    if (prove) scripts.push([`the proof of ${name}`, atGuest(prove.lines)]);
    for (const { path, lines } of files) if (lines[0] === '#!/bin/sh') scripts.push([path, atGuest(lines)]);
    return scripts;
  });
}

const seen = new Set<string>();
/** Each text once: shellcheck takes a second for some. */
const CASES = Object.entries({
  'Node.js': '',
  'Python with all options': PYTHON,
  'Python with none': 'app_type: python',
  'Python with commands of its own':
    'app_type: python\npython_install: make\nmigrate: make migrate\nhealth_command: make check',
}).flatMap(([type, project]) =>
  scriptsOf(project).flatMap(([name, script]) => {
    if (seen.has(script)) return [];
    seen.add(script);
    return [[type, name, script] as const];
  }),
);

test('each layer and each script is among them', () => {
  const names = new Set(CASES.map(([, name]) => name));
  for (const name of [...LAYERS.map((layer) => `the layer ${layer}`), DEPLOY_SCRIPT, RESTORE]) {
    expect(names).toContain(name);
  }
});

describeWith([command('shellcheck')], 'shellcheck finds nothing in the scripts of a guest', () => {
  test.each(CASES)('%s: %s', (_type, _name, script) => {
    // SC2034, SC2317, SC2329: a library has more than each layer uses. SC2016: a dollar sign is meant as one.
    const options = ['--shell=sh', '--exclude=SC2016,SC2034,SC2317,SC2329'];
    const { stdout } = spawnSync('shellcheck', [...options, '-'], { input: script, encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { keepStatesPrivate, temporaryFolder } from '../../cli/private';
import { envOf } from '../renderers/envs';
import { TemporaryFolder } from '../support/shell';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => {
  folder.remove();
});

const mode = (name: string): string => (statSync(folder.at(name)).mode & 0o777).toString(8);

describe('local states', () => {
  test('are for this user only, in a folder that is there before Terraform makes it', () => {
    keepStatesPrivate(folder.root, [envOf()]);
    expect([mode('state'), readdirSync(folder.at('state'))]).toEqual(['700', []]);

    chmodSync(folder.at('state'), 0o755);
    folder.write('state/app-pote-dev.tfstate', '{}');
    folder.write('state/app-pote-dev.tfstate.backup', '{}');
    folder.write('state/notes', '');
    keepStatesPrivate(folder.root, [envOf()]);
    expect(
      ['', '/app-pote-dev.tfstate', '/app-pote-dev.tfstate.backup', '/notes'].map((at) => mode(`state${at}`)),
    ).toEqual(['700', '600', '600', '644']);
  });

  test('in a folder that the inventory names leave that folder as it is', () => {
    const env = envOf({ top: 'backend: {type: local, path: .}' });
    chmodSync(folder.root, 0o755);
    folder.write('app-pote-dev.tfstate', '{}');
    keepStatesPrivate(folder.root, [env]);
    expect([mode('.'), mode('app-pote-dev.tfstate'), existsSync(folder.at('state'))]).toEqual([
      '755',
      '600',
      false,
    ]);
  });

  test('that lie elsewhere or behind a link are not touched', () => {
    keepStatesPrivate(folder.root, [envOf({ top: 'backend: {type: pg}' })]);
    expect(readdirSync(folder.root)).toEqual([]);
    mkdirSync(folder.at('elsewhere'), { mode: 0o755 });
    symlinkSync('elsewhere', folder.at('state'));
    keepStatesPrivate(folder.root, [envOf()]);
    expect(mode('elsewhere')).toBe('755');
  });
});

test('a temporary folder is for this user only, and those of killed runs go', () => {
  const { pid } = spawnSync('true');
  folder.write(`pvestack-plans-${pid}-dead/plan`, 'fake');
  const others = ['others', 'pvestack-plans-notes', `pvestack-plans-${process.pid}-live`];
  for (const name of others) mkdirSync(folder.at(name));
  const made = path.basename(temporaryFolder('plans', folder.root));
  expect(readdirSync(folder.root).sort()).toEqual([...others, made].sort());
  expect(mode(made)).toBe('700');
});

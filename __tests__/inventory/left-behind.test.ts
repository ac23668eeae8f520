import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkLeftBehind } from '../../inventory/left-behind';
import { InventoryError } from '../../inventory/problem';
import { added, MINIMAL, read } from './minimal';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'left-behind-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Writes a file below the folder of cdktf.json. */
function write(file: string, content: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), content);
}

/** A state that holds managed resources, and data sources. */
function state(managed: number, data = 0): string {
  const all = (mode: string, count: number): object[] => Array<object>(count).fill({ mode, type: 't' });
  return JSON.stringify({ version: 4, resources: [...all('data', data), ...all('managed', managed)] });
}

/** What is said of the state beside an inventory. */
function said(inventory = MINIMAL): string[] {
  try {
    checkLeftBehind(read(inventory), root);
    return [];
  } catch (error) {
    if (error instanceof InventoryError) return error.message.split('\n');
    throw error;
  }
}

const line = (stack: string, file: string, count: string): string =>
  `inventory.yml:1:1  app_projects  lacks the env of ${stack}, whose state ${file} still holds ${count}  ` +
  `if another inventory is meant, name it (APP_INVENTORY, or the context of cdktf.json); else write the env back as it was, or, to destroy its guest, with "state: absent", and run: pvestack deploy ${stack}; if its guest is gone for good (an emulator's, for example): pvestack forget ${stack}`;

test('without a folder of states there is nothing to say', () => {
  expect(said()).toEqual([]);
});

describe('an env that is gone is refused while its state holds resources', () => {
  test.each<[name: string, content: string, count: string | undefined]>([
    ['two resources', state(2), '2 resources'],
    ['one resource besides data sources', state(1, 3), '1 resource'],
    ['only data sources', state(0, 2), undefined],
    ['none, after a destroy', state(0), undefined],
    ['no list of resources', '{"version": 4}', undefined],
    ['an empty file, as terraform leaves it before the first apply', '', undefined],
    ['what cannot be read, to be on the safe side', '{"version": 4, ', '1 resource'],
    ['what is no state, to be on the safe side', 'null', '1 resource'],
  ])('%s', (_name, content, count) => {
    write('state/app-pote-qa.tfstate', content);
    expect(said()).toEqual(
      count === undefined
        ? []
        : [
            line('app-pote-qa', 'state/app-pote-qa.tfstate', count),
            '1 error in inventory.yml: nothing was synthesized.',
          ],
    );
  });
});

test('the state of an env that stands in the inventory, absent or not, is none of it', () => {
  write('state/app-pote-dev.tfstate', state(3));
  expect(said()).toEqual([]);
  expect(said(added('env', 'state: absent'))).toEqual([]);
});

test('other files are none of it', () => {
  write('state/app-pote-qa.tfstate.backup', state(3));
  write('state/.app-pote-qa.tfstate.lock.info', '{}');
  write('state/notes.tfstate', state(3));
  write('state/old/app-pote-qa.tfstate', state(3));
  expect(said()).toEqual([]);
});

test('all of them are named, sorted', () => {
  write('state/app-pote-qa.tfstate', state(1));
  write('state/app-gone-dev.tfstate', state(2));
  expect(said()).toEqual([
    line('app-gone-dev', 'state/app-gone-dev.tfstate', '2 resources'),
    line('app-pote-qa', 'state/app-pote-qa.tfstate', '1 resource'),
    '2 errors in inventory.yml: nothing was synthesized.',
  ]);
});

describe('the folders', () => {
  test.each(['other', 'other/', './other', 'a/../other'])('backend path %s', (folder) => {
    write('other/app-pote-qa.tfstate', state(1));
    write('state/app-pote-old.tfstate', state(1));
    expect(said(added('top', `backend: {type: local, path: ${folder}}`))).toEqual([
      line('app-pote-old', 'state/app-pote-old.tfstate', '1 resource'),
      line('app-pote-qa', 'other/app-pote-qa.tfstate', '1 resource'),
      '2 errors in inventory.yml: nothing was synthesized.',
    ]);
  });

  test('state/ is said once, however it is written', () => {
    write('state/app-pote-qa.tfstate', state(1));
    expect(said(added('top', 'backend: {type: local, path: ./state/}'))).toHaveLength(2);
  });

  test('state/ counts where the backend is remote, too: the inventory may have changed', () => {
    write('state/app-pote-qa.tfstate', state(1));
    expect(said(added('top', 'backend: {type: pg}'))).toHaveLength(2);
  });

  test('a file of that name is none', () => {
    write('state', 'x');
    expect(said()).toEqual([]);
  });
});

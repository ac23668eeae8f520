import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { command, describeWith } from '../support/requirements';
import { KIT_FOLDER, PLANNER_FOLDER } from '../support/shell';

/** All programs and their parts, as they lie in the repository. */
const FILES = [KIT_FOLDER, PLANNER_FOLDER].flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => [path.relative(path.dirname(folder), file), file] as const),
);

test.each(FILES)(
  '%s is plain text of a shell: no template, no carriage return, one line end at its end',
  (_name, file) => {
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/<%[-=_#]?\s|\s[-_]?%>|\r/);
    expect(text).toMatch(/[^\n]\n$/);
    // A program says what runs it; what stands in a folder of the kit is read by one.
    const isProgram = [KIT_FOLDER, PLANNER_FOLDER].includes(path.dirname(file));
    expect(text.startsWith('#!/bin/sh\n')).toBe(isProgram);
  },
);

describeWith([command('shellcheck')], 'shellcheck finds nothing', () => {
  test.each(FILES)('in %s', (_name, file) => {
    const { status, stdout, stderr } = spawnSync('shellcheck', ['--shell=sh', file], { encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });
});

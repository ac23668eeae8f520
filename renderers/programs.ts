import { readFileSync } from 'node:fs';
import path from 'node:path';
import { kit } from './kit';

/** The programs that run where Terraform runs: plain POSIX sh, the same for every stack. */
const PLANNER = path.join(__dirname, '..', 'planner');
const NAMES = ['look.sh', 'preflight.sh', 'trust.sh'];

/** A file beside a stack's JSON. */
interface Program {
  name: string;
  text: string;
}

let read: readonly Program[] | undefined;

/**
 * What a stack's folder needs besides its JSON, so that the folder alone is complete.
 * @returns the kit and the programs of the planner, read once
 */
export function stackPrograms(): readonly Program[] {
  read ??= [
    { name: 'kit.sh', text: kit() },
    ...NAMES.map((name) => ({ name, text: readFileSync(path.join(PLANNER, name), 'utf8') })),
  ];
  return read;
}

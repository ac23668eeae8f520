import type { Env } from '../../inventory/types';
import { KIT } from '../../renderers/layers/paths';
import { isRoot } from '../../renderers/connection';
import { shellQuote } from '../../renderers/shell';
import { actor } from './actor';
import { knownOf } from './known';

/**
 * The command line that runs a script on a guest as root, once it has said that it is this stack's.
 * @param env whose guest
 * @param script POSIX sh
 * @param options whether it may be another stack's guest, as the script looks itself
 * @returns a command line for its shell
 */
export function asRoot(env: Env, script: string, { anybodys = false } = {}): string {
  const { owner } = knownOf(env.stack);
  const whose = [
    'whose=; [ ! -r /etc/pvestack/owner ] || whose=$(head -c 200 /etc/pvestack/owner)',
    `case $whose in '' | ${owner ? `'${env.stack} ${owner}'` : `'${env.stack} '*`}) ;; *)`,
    `  echo "Another host answers at ${env.address}: it says that it belongs to the stack $(printf %s "$whose" | tr -cd 'A-Za-z0-9_ -')${owner ? `, and this is ${env.stack} ${owner}` : ''}. Nothing was done." >&2`,
    '  exit 1 ;;',
    'esac',
  ];
  const lines = [...(anybodys ? [] : whose), `export PVESTACK_BY=${shellQuote(actor())}`, script];
  return `${isRoot(env) ? '' : 'sudo -n '}sh -c ${shellQuote(lines.join('\n'))}`;
}

/**
 * The command line that runs a program of the kit on a guest.
 * @param env whose guest
 * @param name its name in the kit
 * @param args its arguments
 * @returns a command line for its shell
 */
export function kitProgram(env: Env, name: string, args: readonly string[] = []): string {
  const program = `${KIT}/${name}`;
  return asRoot(
    env,
    [
      `if [ ! -x ${program} ]; then`,
      `  echo "${env.stack} is not configured yet, or by an older version: deploy it first." >&2`,
      '  exit 1',
      'fi',
      `exec ${[program, ...args.map(shellQuote)].join(' ')}`,
    ].join('\n'),
  );
}

import type { Env } from '../../inventory/types';

/** What tells an env from others. */
interface Identity {
  stack: string;
  name: string;
  addresses: readonly string[];
  vmid: string;
  env: string;
}

const exactly = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The places in a stack's JSON, and in the words of a plan, where a number is a VMID. */
const VMID = '(?<="vm_id": |vm_id [!=]= |"VMID": "|"VMID=|VMID |vmid |guest |of |"input": "|"value": )';

/** A text in which one env's identity takes the place of another's. */
function renamed(text: string, from: Identity, to: Identity): string {
  const patterns: readonly (readonly [pattern: string, word: string])[] = [
    [`(?<![\\w-])${exactly(from.stack)}(?![\\w-])`, to.stack],
    [`(?<![\\w.-])${exactly(from.name)}(?![\\w.-])`, to.name],
    ...from.addresses.map((one, i): [string, string] => [
      `(?<![\\w.:])${exactly(one)}(?!\\w|\\.\\d${one.includes(':') ? '|:' : ''})`,
      to.addresses[i] ?? one,
    ]),
    [`${VMID}${from.vmid}\\b`, to.vmid],
    [`(?<=/\\.env\\.)${exactly(from.env)}(?![\\w.-])`, to.env],
  ];
  return patterns.reduce((said, [pattern, word]) => said.replace(new RegExp(pattern, 'g'), () => word), text);
}

const identityOf = ({ stack, hostname, addresses, vmid, env }: Env): Identity => ({
  ...{ stack, name: hostname, addresses, vmid: String(vmid), env },
});

/**
 * A text about a stack, with words in the place of what only tells its env from others.
 * @param text the text
 * @param env whose it is
 * @returns e.g. `/srv/app/.env.<env>`
 */
export function anonymous(text: string, env: Env): string {
  const addresses = env.addresses.map(() => '<address>');
  const words = { stack: '<stack>', name: '<name>', addresses, vmid: '<vmid>', env: '<env>' };
  return renamed(text, identityOf(env), words);
}

/**
 * The JSON of a stack as it would be if another env were like it.
 * @param text the JSON
 * @param from whose it is
 * @param to the other one
 * @returns the JSON
 */
export function asThatOf(text: string, from: Env, to: Env): string {
  return renamed(text, identityOf(from), identityOf(to))
    .replace(
      new RegExp(`^(\\s+)"${exactly(from.env)}"(,?)$`, 'gm'),
      (_line, space: string, comma: string) => `${space}"${to.env}"${comma}`,
    )
    .replaceAll(`_${from.project}_${from.env}"`, `_${to.project}_${to.env}"`);
}

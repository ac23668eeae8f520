import { plain } from '../plain';

/** Where it failed. */
interface Where {
  stack: string;
  folder: string;
  /** The command that was given. */
  command: string;
  /** Address of a guest that Terraform calls tainted, as its create failed half-way. */
  tainted?: string;
}

/**
 * Why terraform failed, in words: what people can do something about comes first.
 * @param said what it printed
 * @param where where it failed
 * @returns a few lines
 */
export function reasonOf(said: string, where: Where): string {
  const text = plain(said)
    // What the parts of a condition were.
    .replace(/^[│\s]*├─+\n(?:[│\s]*│ .*\n)*/gm, '')
    .replace(/^[│╷╵] ?/gm, '')
    .trim();
  const known = KNOWN.find(([pattern]) => pattern.test(text));
  return known ? known[1](text, where) : shortened(text);
}

/** Of a run that came to no end of its own. */
const STANDS =
  'What it had begun stands as it is, and the next run takes it up (docs/operations.md, "After a failed or killed run").';

const KNOWN: readonly (readonly [RegExp, (text: string, where: Where) => string])[] = [
  [/Error acquiring the state lock/, lockedBy],
  [
    /no space left on device|disk quota exceeded/i,
    (text) => `the disk of this machine is full: make room, then go on.\n${shortened(text)}`,
  ],
  [
    /Backend configuration changed|Backend type changed|backend configuration has changed|Migrating (from|to) HCP|HCP Terraform configuration (block )?has changed/i,
    (_text, { stack }) =>
      `the inventory names another backend than this stack was deployed with. To take its state along: pvestack migrate ${stack}. Where that state is none to keep (of an emulator, for example): pvestack forget ${stack}`,
  ],
  [/nstance cannot be destroyed/, held],
  [
    /^terraform was ended by (SIG\w+)$/m,
    (text) =>
      `terraform was ended from outside (${/ended by (SIG\w+)$/m.exec(text)?.[1] ?? 'a signal'}): by somebody, or by the system, where memory is short (fewer at a time: --parallel 1). ${STANDS}`,
  ],
  [
    /plugin crashed!|Plugin did not respond|failed to respond to the plugin|rpc error: code = (Unavailable|Canceled)|connection is shut down/,
    (text) => {
      const panic = /^(?:panic|fatal error): .*$/m.exec(text)?.[0];
      return [
        `a provider of Terraform ended in the middle: by somebody, by the system, where memory is short (fewer at a time: --parallel 1), or by a fault of its own${panic === undefined ? '' : ', in its words:'}`,
        ...(panic === undefined ? [] : [panic]),
        STANDS,
      ].join(panic === undefined ? '. ' : '\n');
    },
  ],
  [
    /no file exists at "/,
    (text) =>
      `TF_VAR_ssh_private_key_file names ${/no file exists at "([^"]*)"/.exec(text)?.[1] ?? 'a file'}, which is not there.`,
  ],
  [
    /Missing Proxmox VE API Endpoint/,
    () =>
      'no address of the Proxmox API: write proxmox_host in the inventory, or export PROXMOX_VE_ENDPOINT.',
  ],
  [
    /(connection refused|no such host|no route to host|i\/o timeout|Client\.Timeout)/i,
    (text, { stack }) =>
      `${shortened(text)}\nIf that Proxmox VE is gone for good (an emulator, for example), and with it a guest that was deployed there: pvestack forget ${stack}`,
  ],
];

/** Who holds the state, since when, and how to wait. */
function lockedBy(text: string, { stack, folder, command }: Where): string {
  const field = (name: string): string =>
    new RegExp(`^\\s*${name}:\\s+(\\S.*?)\\s*$`, 'm').exec(text)?.[1] ?? '';
  const since = field('Created').replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d).*$/, '$1 $2 UTC');
  const id = field('ID');
  if (id === '') return `somebody else works with this state.\n${shortened(text)}`;
  return [
    `${field('Who') || 'somebody'} holds the state since ${since} (${field('Operation').replace('OperationType', '').toLowerCase() || 'terraform'}).`,
    `To wait for it: pvestack ${command} ${stack} --lock-timeout 10m`,
    `If that run is dead, which only ${field('Who') || 'its user'} knows: cd ${folder} && terraform force-unlock ${id}`,
  ].join('\n');
}

/** What keeps a guest, and the way on. */
function held(_text: string, { folder, stack, command, tainted }: Where): string {
  if (tainted === undefined) {
    return [
      `the plan would destroy a guest that is protected, or that holds data (data: keep). Nothing was touched.`,
      `To let it go: data: disposable, without protection and prevent_destroy, in the inventory; pvestack deploy ${stack}; then pvestack ${command} ${stack} again.`,
    ].join('\n');
  }
  return [
    `${tainted} is protected, and its create failed half-way: Terraform calls it tainted, and would destroy it and make it anew. Nothing was touched. Look at the guest in Proxmox.`,
    `To keep it: cd ${folder} && terraform untaint ${tainted}`,
    `To let it go: take its protection out of the inventory, then pvestack ${command} ${stack}`,
  ].join('\n');
}

/** Terraform's text without what only its authors need. */
function shortened(text: string): string {
  const [first] = /^Error: [\s\S]*/m.exec(text) ?? [text];
  return first
    .replace(/^Planning failed\. Terraform encountered an error while generating this plan\.$/gm, '')
    .replace(/^\s+with [^\n]*,\n\s+on [^\n]* line \d+[^\n]*\n(\s*\d+:[^\n]*\n)*/gm, '')
    .replace(/^\s+on [^\n]* line \d+[^\n]*:\n(\s*\d+:[^\n]*\n)*/gm, '')
    .replace(/^Error: /gm, '')
    .replace(/^Invalid value for variable\n/gm, '')
    .replace(/^This was checked by the validation rule at [^\n]*(\n|$)/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim();
}

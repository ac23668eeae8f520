import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../../inventory/user-error';
import { exampleText } from '../daily/command';
import { Ended } from '../ended';
import type { Output } from '../output';
import { temporaryFolder } from '../private';
import { findRoot } from '../root';
import { readSettings, type Settings } from '../settings';
import { entriesOf, type Entry } from './entries';
import { markdownOf } from './markdown';
import { diffLine, entryLines, headOf } from './page';
import { Repository, type Revision } from './revision';
import { type Stacks, stacksOf } from './stacks';
import { unifiedDiff } from './unified';

interface Options {
  full?: boolean;
  json?: boolean;
  markdown?: boolean;
  limit: number;
  detailedExitcode?: boolean;
}

/** What GitHub takes of a comment; others take more. */
const GITHUB = 65_536;

/**
 * Adds `pvestack diff`.
 * @param program the program
 * @param output where it prints to
 */
export function addDiff(program: Command, output: Output): void {
  program
    .command('diff')
    .description('say what a change of the inventory does to each stack, from git alone')
    .argument('[base]', 'a commit, branch or tag; where this branch left the main one without it')
    .option('--full', 'with the unified diff of the JSON')
    .addOption(new Option('--markdown', 'for a comment of a pull request').conflicts('json'))
    .addOption(
      new Option('--limit <characters>', 'of --markdown').default(GITHUB).argParser((value) => {
        if (/^\d{4,7}$/.test(value)) return Number(value);
        throw new InvalidArgumentError('It must be a whole number, 1000 or more.');
      }),
    )
    .option('--json', 'print the result for programs')
    .option(
      '--detailed-exitcode',
      'exit code 2 where a stack changes, 3 where a guest is replaced or destroyed',
    )
    .addHelpText(
      'after',
      exampleText([
        ['pvestack diff', 'what this branch changes'],
        ['pvestack diff HEAD', 'what is not committed yet'],
        ['pvestack diff origin/main --markdown', 'for a pull request'],
      ]),
    )
    .action((base: string | undefined, options: Options) => diff(output, base, options));
}

async function diff(output: Output, named: string | undefined, options: Options): Promise<void> {
  const settings = readSettings(findRoot());
  const repository = new Repository(settings.root);
  const base = repository.base(named);
  const folder = temporaryFolder('diff');
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  try {
    const before = await stacksAt(repository, base, settings, folder);
    const after = await stacksOf(settings, path.join(folder, 'after-out'));
    const entries = entriesOf(before, after);
    const notes = toolNotes(repository, base, settings);
    show(
      output,
      { entries, base, all: new Set([...before.keys(), ...after.keys()]).size, notes, folder },
      options,
    );
    const code = entries.some(({ words }) => words.dangers.length > 0) ? 3 : entries.length > 0 ? 2 : 0;
    if (options.detailedExitcode && code > 0) throw new Ended(code);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** The stacks of a revision, by its own inventory, templates and settings. */
async function stacksAt(
  repository: Repository,
  base: Revision,
  settings: Settings,
  folder: string,
): Promise<Stacks> {
  const tree = path.join(folder, 'before');
  repository.write(base.commit, tree);
  const there = (file: string): string => path.join(tree, path.relative(repository.top, file));
  const inventory = path.resolve(settings.root, settings.inventory);
  if (path.relative(repository.top, inventory).startsWith('..')) {
    throw new UserError(
      `${inventory} is not in the git repository ${repository.top}, so it has no history to compare with.`,
    );
  }
  if (!existsSync(path.join(there(settings.root), 'cdktf.json'))) return new Map();
  try {
    const own = readSettings(there(settings.root), {});
    // What the environment names is meant of both.
    const file = process.env['APP_INVENTORY'] ? there(inventory) : path.resolve(own.root, own.inventory);
    // All is new.
    if (!existsSync(file)) return new Map();
    return await stacksOf(
      { ...own, output: settings.output, inventory: file },
      path.join(folder, 'before-out'),
    );
  } catch (error) {
    if (error instanceof UserError) {
      throw new UserError(
        `${base.name} is refused, so there is nothing to compare with. Name another commit: pvestack diff <commit>.\n${error.message.replaceAll(`${tree}${path.sep}`, '')}`,
      );
    }
    throw error;
  }
}

/** Both sides are made by the tool that runs: what another version of it makes stands in no inventory. */
function toolNotes(repository: Repository, { commit }: Revision, { root }: Settings): string[] {
  const changed = ['package.json', 'package-lock.json'].filter((file) =>
    repository.differs(commit, path.join(root, file)),
  );
  return changed.length === 0
    ? []
    : [
        `${changed.join(' and ')} ${changed.length === 1 ? 'differs' : 'differ'}, too. Both sides are as this version of pvestack makes them: what another version of it makes otherwise is not shown.`,
      ];
}

interface Result {
  entries: readonly Entry[];
  base: Revision;
  /** How many stacks there are on either side. */
  all: number;
  notes: readonly string[];
  folder: string;
}

function show(output: Output, { entries, base, all, notes, folder }: Result, options: Options): void {
  const diffOf = ({ stacks: [stack = ''], before, after }: Entry): string[] =>
    unifiedDiff(`${stack}/cdk.tf.json`, before, after, folder);
  const head = `${headOf(entries, all)} Compared with ${base.name}.`;
  if (options.json) {
    const stacks = entries.map(({ stacks: names, kind, like, words }) => ({
      stacks: names,
      kind,
      like,
      ...words,
    }));
    output.print(JSON.stringify({ base: base.commit, of: all, changes: stacks, notes }, null, 2));
    return;
  }
  if (options.markdown) {
    output.print(
      markdownOf({ head: [`**${head}**`, ...notes], entries, diff: diffOf, most: options.limit }).trimEnd(),
    );
    return;
  }
  output.print(head);
  for (const note of notes) output.print(`note: ${note}`);
  for (const entry of entries) {
    output.print('');
    for (const line of entryLines(entry, output.color)) output.print(line);
    if (options.full) for (const line of diffOf(entry)) output.print(diffLine(line, output.color));
  }
  if (!options.full && entries.length > 0) output.print('\nThe JSON, line by line: --full');
}

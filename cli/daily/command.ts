import type { Command } from 'commander';
import type { Env } from '../../inventory/types';
import { openContext } from '../context';
import { oneEnv } from '../guest/one';
import type { Output } from '../output';

/** What a command on one guest is called and says of itself. */
interface Words {
  name: string;
  description: string;
  /** Command lines, with what they do. */
  examples: readonly (readonly [line: string, what: string])[];
}

/**
 * Adds a command that works on the guest of one stack.
 * @param program the program
 * @param words what it is called and says
 * @returns the command, whose first argument is the stack
 */
export function guestCommand(program: Command, { name, description, examples }: Words): Command {
  return program
    .command(name)
    .description(description)
    .argument('<stack>', 'the stack')
    .addHelpText('after', exampleText(examples));
}

/**
 * The examples of a command's help.
 * @param examples command lines, with what they do
 * @returns lines for the end of the help
 */
export function exampleText(examples: Words['examples']): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return [
    '',
    'Examples:',
    ...examples.map(([line, what]) => `  $ ${line.padEnd(width)}  ${what}`.trimEnd()),
  ].join('\n');
}

/**
 * The env of a stack that was named.
 * @param output where doubts about the inventory go
 * @param name the stack
 * @returns the env
 * @throws UserError for an unknown one, with the near ones
 */
export function envNamed(output: Output, name: string): Env {
  return oneEnv(openContext(output, { deploys: false, warns: false }).inventory.envs, name);
}

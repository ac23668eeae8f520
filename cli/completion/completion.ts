import { Argument, type Command } from 'commander';
import { openContext } from '../context';
import { exampleText } from '../daily/command';
import type { Output } from '../output';
import { SCRIPTS } from './scripts';
import { type CommandWords, completions } from './words';

/** What an argument is called that takes the name of a stack. */
const OF_STACKS = ['stack', 'names'];

/**
 * Adds `pvestack completion`.
 * @param program the program
 * @param output where it prints to
 */
export function addCompletion(program: Command, output: Output): void {
  program
    .command('completion')
    .description('print what makes a shell complete commands, options and the names of stacks')
    .addArgument(shellArgument())
    .argument('[words...]')
    .usage('<shell>')
    .configureHelp({ visibleArguments: ({ registeredArguments }) => registeredArguments.slice(0, 1) })
    .addHelpText(
      'after',
      exampleText([
        ['eval "$(pvestack completion bash)"', 'in ~/.bashrc; zsh: in ~/.zshrc'],
        ['pvestack completion fish >~/.config/fish/completions/pvestack.fish', ''],
      ]),
    )
    .action((shell: string, words: string[]) => {
      // A shell asks with every key: only the inventory is read, and what is wrong with it is no answer.
      const found =
        shell === 'words' ? completions(commandsOf(program), stacks, words).join('\n') : SCRIPTS[shell];
      if (found) output.print(found);
    });

  const stacks = (): string[] => {
    try {
      const { inventory } = openContext(output, { deploys: false, warns: false });
      return inventory.envs.flatMap(({ stack, project }) => [stack, project]);
    } catch {
      return [];
    }
  };
}

/** Which shell; what the scripts themselves ask with is not for people. */
function shellArgument(): Argument {
  const argument = new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(SCRIPTS));
  const { parseArg } = argument;
  return argument.argParser((value, before: string) =>
    value === 'words' ? value : (parseArg?.(value, before) ?? value),
  );
}

/** The words of all commands. */
function commandsOf(program: Command): CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    options: ['--help', ...command.options.flatMap(({ long }) => long ?? [])],
    arguments: command.registeredArguments.map((argument) =>
      OF_STACKS.includes(argument.name()) ? 'stacks' : (argument.argChoices ?? []),
    ),
    variadic: command.registeredArguments.at(-1)?.variadic ?? false,
  }));
}

/** A command, as far as its words go. */
export interface CommandWords {
  name: string;
  /** Its long options. */
  options: readonly string[];
  /** For each argument what may stand there: these words, or the names of stacks. */
  arguments: readonly (readonly string[] | 'stacks')[];
  /** Whether there may be more of the last one. */
  variadic: boolean;
}

/**
 * What the last word may become.
 * @param commands all commands
 * @param stacks gives the names of stacks and projects
 * @param typed the words behind the program's name; the last one is being typed, and may be empty
 * @returns the words that begin like it, sorted
 */
export function completions(
  commands: readonly CommandWords[],
  stacks: () => readonly string[],
  typed: readonly string[],
): string[] {
  const last = typed.at(-1) ?? '';
  const [name = '', ...before] = typed.slice(0, -1);
  const fitting = (words: readonly string[]): string[] =>
    [...new Set(words)].filter((word) => word.startsWith(last)).sort();
  if (typed.length <= 1) return fitting(commands.map((command) => command.name));
  const command = commands.find((one) => one.name === name);
  // Behind -- stands a command of the guest.
  if (!command || before.includes('--')) return [];
  if (last.startsWith('-')) return fitting(command.options);
  const given = before.filter((word) => !word.startsWith('-')).length;
  const many = command.arguments.length - 1;
  const argument = command.arguments[command.variadic ? Math.min(given, many) : given];
  if (argument === undefined) return [];
  return fitting(argument === 'stacks' ? stacks() : argument);
}

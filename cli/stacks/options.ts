import { type Command, InvalidArgumentError, Option } from 'commander';

/** What the commands that run terraform take besides names. */
export interface Options {
  autoApprove?: boolean;
  parallel: number;
  lockTimeout?: string;
  full?: boolean;
  json?: boolean;
  detailedExitcode?: boolean;
  /** Stacks that are answered for, where nothing is lost. */
  yes?: string[];
  /** Stacks that are answered for, whatever is lost. */
  yesDestroy?: string[];
}

/**
 * Adds what every command takes that plans.
 * @param command the command
 * @returns the same
 */
export function withPlanOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--parallel <stacks>', 'stacks at a time').default(4).argParser((value) => {
        if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
        throw new InvalidArgumentError('It must be a whole number, 1 or more.');
      }),
    )
    .addOption(
      new Option(
        '--lock-timeout <duration>',
        'how long to wait for a state that somebody else holds, e.g. 10m',
      ).argParser((value) => {
        if (/^\d+(ms|s|m|h)$/.test(value)) return value;
        throw new InvalidArgumentError('It must be a number and a unit, e.g. 30s or 10m.');
      }),
    )
    .option('--full', "show Terraform's own text")
    .option('--json', 'print the result for programs');
}

const all = (name: string, names: string[] = []): string[] => [...names, name];

/**
 * Adds what every command takes that applies.
 * @param command the command
 * @returns the same
 */
export function withApplyOptions(command: Command): Command {
  return withPlanOptions(command)
    .option('--auto-approve', 'do not ask; prod, and what destroys or replaces a guest, asks all the same')
    .option('--yes <stack>', 'answer for a stack of prod that destroys and replaces nothing; repeatable', all)
    .option(
      '--yes-destroy <stack>',
      'answer for a stack, also where it destroys or replaces; repeatable',
      all,
    );
}

import type { Env } from '../../inventory/types';
import type { Run } from './run';

/** What a command does with the stacks that the user names. */
export interface Operation {
  /** Its name on the command line. */
  name: string;
  /** Whether it ends with the plan. */
  onlyPlans?: boolean;
  /** Why it makes no sense for an env; undefined: it does. */
  refusal?(env: Env): string | undefined;
  /** Arguments of `terraform plan`. */
  planArguments?(stack: Run['stack']): readonly string[];
  /** Variables of terraform for the plan of a stack, besides those of the environment. */
  planEnv?(env: Env): NodeJS.ProcessEnv;
  /** The only addresses that a plan may change. */
  own?(stack: Run['stack']): readonly string[];
}

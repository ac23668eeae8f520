import type { Words } from '../plan/item';
import type { Synthesized } from '../../main';

/** What became of a stack. */
export type Outcome =
  'nothing to do' | 'planned' | 'done' | 'failed' | 'not done' | 'interrupted' | 'not begun';

/** A stack in the course of a command. */
export interface Run {
  env: Synthesized['env'];
  stack: Synthesized['stack'];
  name: string;
  folder: string;
  /** Where its plan is kept until it is applied. */
  plan: string;
  /** Variables for terraform there, by which it finds providers that run. */
  providers: () => Promise<NodeJS.ProcessEnv>;
  outcome: Outcome;
  words?: Words;
  /** Terraform's own text of the plan, where it is asked for. */
  text?: string;
  /** Why it failed, or was not done. */
  reason?: string;
  /** Milliseconds that the apply took. */
  took?: number;
  /** What an apply has ended, in its order. */
  finished: string[];
}

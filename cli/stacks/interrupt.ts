import { interruptRuns } from '../terraform';

/** Ctrl-C, SIGTERM or a closed terminal, in the course of a command. */
export interface Interrupt {
  /** Whether it came. */
  readonly came: boolean;
  /** Ends listening. */
  stop(): void;
}

/**
 * Passes an interruption on to terraform: once, so that it ends what it has begun and writes its state. Children are in
 * groups of their own, or the terminal's signal and this one would be two, by which terraform drops everything.
 * @param say tells people what happens
 * @returns whether it came
 */
export function onInterrupt(say: (text: string) => void): Interrupt {
  let count = 0;
  const listener = (): void => {
    count++;
    if (count === 2) {
      say(
        'Terraform still ends what it has begun. Once more, and it stops at once: its state may then lack what it made.',
      );
      return;
    }
    if (count === 1) say('Interrupted: Terraform ends what it has begun, and nothing more is begun.');
    interruptRuns();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  return {
    get came() {
      return count > 0;
    },
    stop: () => {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}

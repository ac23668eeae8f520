/** Ends a command with an exit code, when all has been said. */
export class Ended extends Error {
  /** @param code the exit code */
  constructor(readonly code: number) {
    super(`exit code ${code}`);
  }
}

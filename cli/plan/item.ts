/** One change of a stack, in people's words. */
export interface Item {
  /** `+` comes, `-` goes, `~` changes, `!` deviates from what was deployed. */
  sign: '+' | '-' | '~' | '!';
  text: string;
  /** What that does to the guest, e.g. `restarts it`. */
  effect?: string;
  /** The lines that change, each with its sign. */
  lines?: readonly string[];
}

/** What a plan does to a stack, in people's words. */
export interface Words {
  /** What is destroyed or replaced: nobody is to overlook it. */
  dangers: readonly string[];
  items: readonly Item[];
  /** What Terraform warns of. */
  notes: readonly string[];
}

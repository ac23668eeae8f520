import { Construct, type IConstruct } from 'constructs';

/**
 * Local values by name. They are plain data with Terraform's own expressions in it and hold no token of CDKTF, so the
 * stack writes them as they are: to have CDKTF search some hundred lines for tokens took half of the synthesis
 * (measured).
 */
export class Locals extends Construct {
  /**
   * @param scope what they belong to
   * @param id the construct's id
   * @param values the values by name
   */
  constructor(
    scope: Construct,
    id: string,
    private readonly values: Readonly<Record<string, unknown>>,
  ) {
    super(scope, id);
  }

  /**
   * All local values of a stack.
   * @param stack the stack
   * @returns the values by name, in the order in which they were made
   * @throws Error where two have the same name
   */
  static of(stack: IConstruct): Record<string, unknown> {
    const all: Record<string, unknown> = {};
    for (const node of stack.node.findAll()) {
      if (!(node instanceof Locals)) continue;
      for (const [name, value] of Object.entries(node.values)) {
        if (name in all) throw new Error(`two local values of ${stack.node.path} are called ${name}`);
        all[name] = value;
      }
    }
    return all;
  }
}

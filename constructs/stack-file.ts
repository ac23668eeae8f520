import { writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { shortForm } from './short-form';
import type { ISynthesisSession, IStackSynthesizer, TerraformStack } from 'cdktf';

/** The blocks of a stack, in the order in which a person reads them. */
const BLOCKS = ['//', 'terraform', 'variable', 'provider', 'locals', 'data', 'resource', 'check', 'output'];

/**
 * Writes a stack's cdk.tf.json. CDKTF's own way sorts all keys by the alphabet; here blocks stand in the order in which
 * they are read, and what is in them in the order in which it was made: a guest before its layers, a layer before the
 * next. It is also faster: no sorting, and what is not used here (aspects, annotations, HCL) is left out.
 */
export class StackFile implements IStackSynthesizer {
  /** @param stack the stack */
  constructor(private readonly stack: TerraformStack) {}

  /**
   * Writes the file, where CDKTF's manifest says.
   * @param session of the app
   * @throws Error where the stack is not valid
   */
  synthesize({ outdir, manifest, skipValidation }: ISynthesisSession): void {
    if (!skipValidation) this.stack.runAllValidations();
    const { workingDirectory, synthesizedStackPath } = manifest.forStack(this.stack);
    mkdirSync(path.join(outdir, workingDirectory), { recursive: true });
    const blocks = this.stack.toTerraform() as Record<string, unknown>;
    const rank = (block: string): number => (BLOCKS.indexOf(block) + BLOCKS.length + 1) % (BLOCKS.length + 1);
    const ordered = Object.entries(blocks).sort(([a], [b]) => rank(a) - rank(b));
    writeFileSync(path.join(outdir, synthesizedStackPath), shortForm(Object.fromEntries(ordered)));
  }
}

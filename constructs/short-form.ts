/** Blocks that Terraform takes as one map where there is only one of them. */
const BLOCKS = new Set([
  'provisioner',
  'validation',
  'precondition',
  'postcondition',
  'assert',
  'ip_config',
  'network_interface',
]);

/** A list of names or commands with one in it. */
const ONE =
  /("(?:depends_on|ignore_changes|replace_triggered_by|inline|servers|keys)": \[)\s+("(?:[^"\\]|\\.)*")\s+\]/g;

/**
 * A stack as JSON, as short as Terraform takes it: a block that stands alone is a map, and a list of one name is a line.
 * Source: Terraform, "JSON Configuration Syntax", Nested Block Mapping.
 * @param stack the stack's blocks
 * @returns the text of cdk.tf.json
 */
export function shortForm(stack: Record<string, unknown>): string {
  const alone = (key: string, value: unknown): unknown =>
    BLOCKS.has(key) && Array.isArray(value) && value.length === 1 ? value[0] : value;
  return `${JSON.stringify(stack, alone, 2).replace(ONE, '$1$2]')}\n`;
}

/**
 * Drops the `//` comments that CDKTF puts on every element (path and id of its construct): noise in review.
 * The top-level one stays, the cdktf CLI reads it.
 * @param stack a synthesized stack
 * @returns the same stack, changed
 */
export function withoutComments(stack: Record<string, unknown>): Record<string, unknown> {
  for (const [key, value] of Object.entries(stack)) {
    if (key !== '//') strip(value);
  }
  // Which constructs use escape hatches concerns nobody who reads the result.
  const comment = stack['//'] as { metadata?: Record<string, unknown> } | undefined;
  delete comment?.metadata?.['overrides'];
  return stack;
}

function strip(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    value.forEach(strip);
    return;
  }
  const map = value as Record<string, unknown>;
  const comment = map['//'];
  if (typeof comment === 'object' && comment !== null && 'metadata' in comment) delete map['//'];
  Object.values(map).forEach(strip);
}

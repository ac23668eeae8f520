import { splitList } from './params';

/** Tags as Proxmox keeps them: lower case, sorted, each once, joined by `;`; none at all is a blank. */
export function normaliseTags(tags: string): string {
  const unique = [...new Set(splitList(tags).map((tag) => tag.toLowerCase()))].sort();
  return unique.length === 0 ? ' ' : unique.join(';');
}

/** A description as it comes back: ending in a newline; undefined for an empty one, which is dropped. */
export function normaliseDescription(description: string): string | undefined {
  if (description === '') return undefined;
  return description.endsWith('\n') ? description : `${description}\n`;
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { TemplateError, type TemplateSource } from './template';

/** The templates of this tool: beside the folder of this file, or of the bundle it is in. */
const OWN = path.join(__dirname, '..', 'templates');

const cache = new Map<string, string>();

/**
 * Finds templates in folders, then among those of this tool.
 * @param folders folders whose templates replace ours by name, nearest first
 * @returns the source; it throws TemplateError where no template has that name
 */
export function templateSource(folders: readonly string[]): TemplateSource {
  return (name) => {
    for (const folder of [...folders, OWN]) {
      const text = read(path.join(folder, name));
      if (text !== undefined) return text;
    }
    throw new TemplateError(`there is no template ${name}`);
  };
}

/**
 * The templates of this tool.
 * @returns their names, sorted
 */
export function templateNames(): string[] {
  return readdirSync(OWN, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ejs'))
    .sort();
}

function read(file: string): string | undefined {
  let text = cache.get(file);
  if (text === undefined && existsSync(file)) {
    text = readFileSync(file, 'utf8');
    cache.set(file, text);
  }
  return text;
}

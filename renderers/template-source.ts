import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Template, TemplateError, type TemplateSource } from './template';

/** The templates of this tool: beside the folder of this file, or of the bundle it is in. */
const OWN = path.join(__dirname, '..', 'templates');

const cache = new Map<string, Template>();

/**
 * Finds templates in folders, then among those of this tool.
 * @param folders folders whose templates replace ours by name, nearest first
 * @returns the source; it throws TemplateError where no template has that name
 */
export function templateSource(folders: readonly string[]): TemplateSource {
  return (name) => {
    for (const folder of folders) {
      const replacement = read(folder, name);
      if (replacement) return replacement;
    }
    const own = read(OWN, name);
    if (own) return own;
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
    .map((name) => name.split(path.sep).join('/'))
    .sort();
}

function read(folder: string, name: string): Template | undefined {
  const file = path.join(folder, name);
  let template = cache.get(file);
  if (template === undefined && existsSync(file)) {
    const text = readFileSync(file, 'utf8');
    template =
      folder === OWN
        ? { text, file: `templates/${name}`, replaced: false }
        : { text, file: shown(file), replaced: true };
    cache.set(file, template);
  }
  return template;
}

/** A path as whoever runs this would write it. */
function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}

import { isUtf8 } from 'node:buffer';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Template, TemplateError, type TemplateSource } from './template';

/** The templates of this tool: beside the folder of this file, or of the bundle it is in. */
const OWN = path.join(__dirname, '..', 'templates');

const cache = new Map<string, Template>();

/**
 * Finds templates in folders, then among those of this tool.
 * @param folders folders whose templates replace ours by name, nearest first
 * @param broken those of them that are left out, as `TemplateError.replaced` names them
 * @returns the source; it throws TemplateError where no template has that name
 */
export function templateSource(
  folders: readonly string[],
  broken: ReadonlySet<string> = new Set(),
): TemplateSource {
  return (name) => {
    for (const folder of folders) {
      if (broken.has(shown(path.join(folder, name)))) continue;
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
    template =
      folder === OWN
        ? { text: readFileSync(file, 'utf8'), file: `templates/${name}`, replaced: false }
        : { text: textOf(file), file: shown(file), replaced: true };
    cache.set(file, template);
  }
  return template;
}

/** The text of a team's template; a guest gets the line ends of Unix, whatever editor it was written with. */
function textOf(file: string): string {
  const refuse = (what: string): never => {
    throw new TemplateError(`${shown(file)}: ${what} (your template)`, shown(file));
  };
  const bytes = readFileSync(file);
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (!isUtf8(bytes)) refuse('is not UTF-8 text: save it as UTF-8');
  if (text.trim() === '') refuse("is empty: remove it, and the tool's own template holds");
  return text.replaceAll('\r\n', '\n');
}

/** A path as whoever runs this would write it. */
function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}

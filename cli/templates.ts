import path from 'node:path';
import type { Env } from '../inventory/types';
import type { TemplateSource } from '../renderers/template';
import { templateSource } from '../renderers/template-source';
import type { Settings } from './settings';

/**
 * Where an env's templates are found.
 * @param settings where things are
 * @param env the env
 * @returns its own folders, then those of this tool
 */
export function templatesOf(settings: Settings, env: Env): TemplateSource {
  const base = path.dirname(path.resolve(settings.root, settings.inventory));
  return templateSource(env.templateDirs.map((folder) => path.resolve(base, folder)));
}

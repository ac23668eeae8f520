import path from 'node:path';
import type { Env } from '../inventory/types';
import { UserError } from '../inventory/user-error';
import * as registry from '../registry';
import { application } from '../renderers/application';
import { layersOf } from '../renderers/layers';
import { TemplateError, type TemplateSource } from '../renderers/template';
import { templateSource } from '../renderers/template-source';
import type { Settings } from './settings';

/**
 * Where an env's templates are found.
 * @param settings where things are
 * @param env the env
 * @param broken templates of its own that are left out
 * @returns its own folders, then those of this tool
 */
export function templatesOf(
  settings: Settings,
  env: Env,
  broken: ReadonlySet<string> = new Set(),
): TemplateSource {
  const base = path.dirname(path.resolve(settings.root, settings.inventory));
  return templateSource(
    env.templateDirs.map((folder) => path.resolve(base, folder)),
    broken,
  );
}

/**
 * Renders what teams have replaced: a mistake in a template would only show at synth, and one at a time.
 * @param settings where things are
 * @param envs the envs
 * @throws UserError with the mistakes of all templates
 */
export function checkTemplates(settings: Settings, envs: readonly Env[]): void {
  const mistakes = new Map<string, string>();
  for (const env of envs) {
    const broken = new Set<string>();
    for (let isDone = false; !isDone;) {
      try {
        const source = templatesOf(settings, env, broken);
        layersOf(env, source, application(env, source, registry));
        isDone = true;
      } catch (error) {
        if (!(error instanceof TemplateError) || error.replaced === undefined) throw error;
        if (broken.has(error.replaced)) throw error;
        broken.add(error.replaced);
        mistakes.set(error.replaced, error.message);
      }
    }
  }
  if (mistakes.size > 0) throw new UserError([...mistakes.values()].sort().join('\n'));
}

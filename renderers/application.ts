import { settingsOf } from '../inventory/app';
import { partsOf } from '../inventory/part';
import type { Env } from '../inventory/types';
import type { Contribution, Contributors } from './contribution';
import type { TemplateSource } from './template';

/** An application as a whole: what its kind and its features add, together. */
export type Application = Required<Contribution>;

/**
 * The application of an env.
 * @param env the env
 * @param source finds templates
 * @param registry the kinds and features that there are
 * @returns all that its kind and its features add; undefined where nothing is deployed
 */
export function application(
  env: Env,
  source: TemplateSource,
  registry: Contributors,
): Application | undefined {
  const parts = partsOf(registry, env.app.type).map((part) =>
    part.contribution(settingsOf(env.app, part), env, source),
  );
  if (parts.length === 0) return undefined;
  const all = <T>(pick: (part: Contribution) => readonly T[] | undefined): T[] =>
    parts.flatMap((part) => pick(part) ?? []);
  return {
    packages: all(({ packages }) => packages),
    environment: all(({ environment }) => environment),
    buildEnvironment: all(({ buildEnvironment }) => buildEnvironment),
    builtWith: all(({ builtWith }) => builtWith),
    after: all(({ after }) => after),
    services: all(({ services }) => services),
    openPorts: all(({ openPorts }) => openPorts),
    urls: all(({ urls }) => urls),
    files: all(({ files }) => files),
    folders: all(({ folders }) => folders),
    timers: all(({ timers }) => timers),
    jobs: all(({ jobs }) => jobs),
    layers: all(({ layers }) => layers),
  };
}

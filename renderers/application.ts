import type { Env } from '../inventory/types';
import type { Contribution } from './contribution';
import { FEATURES } from './features/registry';
import { KINDS } from './kinds/registry';
import type { TemplateSource } from './template';

/** An application as a whole: what its kind and its features add, together. */
export type Application = Required<Contribution>;

/**
 * The application of an env.
 * @param env the env
 * @param source finds templates
 * @returns all that its kind and its features add; undefined where nothing is deployed
 */
export function application(env: Env, source: TemplateSource): Application | undefined {
  const { type } = env.app;
  if (type === 'none') return undefined;
  const parts = [KINDS[type], ...FEATURES].map((contribute) => contribute(env, source));
  const all = <T>(pick: (part: Contribution) => readonly T[] | undefined): T[] =>
    parts.flatMap((part) => pick(part) ?? []);
  return {
    packages: all(({ packages }) => packages),
    environment: all(({ environment }) => environment),
    buildEnvironment: all(({ buildEnvironment }) => buildEnvironment),
    after: all(({ after }) => after),
    services: all(({ services }) => services),
    files: all(({ files }) => files),
    folders: all(({ folders }) => folders),
    timers: all(({ timers }) => timers),
    jobs: all(({ jobs }) => jobs),
    layers: all(({ layers }) => layers),
  };
}

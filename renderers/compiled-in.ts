import type { Env } from '../inventory/types';
import { envFile } from './env-file';

/**
 * What a build may compile in: the values of `env_vars` that `build_env` names and that a build sees.
 * @param env the env
 * @returns a line for each, as in the env file; of a secret only its variable's name
 */
export function compiledIn({ app }: Env): string[] {
  const { buildEnv, buildSecrets } = app.release;
  const isNamed = (name: string): boolean =>
    buildEnv.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
  const { secrets } = envFile(app.envVars);
  const seen = Object.entries(app.envVars).filter(
    ([name]) => isNamed(name) && (!Object.hasOwn(secrets, name) || buildSecrets.includes(name)),
  );
  return envFile(Object.fromEntries(seen)).shown;
}

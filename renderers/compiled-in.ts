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
  const seen = (values: Env['app']['envVars']): string[] => {
    const { secrets } = envFile(values);
    const those = Object.entries(values).filter(
      ([name]) => isNamed(name) && (!Object.hasOwn(secrets, name) || buildSecrets.includes(name)),
    );
    return envFile(Object.fromEntries(those)).shown;
  };
  return [
    ...seen(app.envVars),
    ...app.services.flatMap(({ name, envVars, buildEnvVars }) =>
      [...seen(envVars), ...envFile(buildEnvVars).shown].map((line) => `${name}: ${line}`),
    ),
  ];
}

import type { Env } from '../../inventory/types';
import type { Value } from '../../inventory/values/value';
import { CONFIG, envFilePath, serviceEnvPath } from './paths';

/** A file of environment variables on the guest. */
interface EnvFile {
  /** What its upload and its local values are called. */
  name: string;
  values: Readonly<Record<string, Value>>;
  path: string;
  mode: string;
  owner: string;
}

/**
 * The files of environment variables of an env: that of the application, and those of commands and services that have
 * some of their own.
 * @param env the env
 * @returns the files
 */
export function envFiles(env: Env): EnvFile[] {
  const { envVars, installEnv, services } = env.app;
  const running = { mode: '0640', owner: 'root:app' };
  const building = { mode: '0600', owner: 'root:root' };
  const more: EnvFile[] = [
    { name: 'install_env', values: installEnv, path: `${CONFIG}/install_env`, ...building },
    ...services.flatMap((service): EnvFile[] => {
      const id = service.name.replaceAll('-', '_');
      return [
        { name: `env_${id}`, values: service.envVars, path: serviceEnvPath(env, service.name), ...running },
        {
          name: `build_env_${id}`,
          values: service.buildEnvVars,
          path: `${CONFIG}/build_env.${service.name}`,
          ...building,
        },
      ];
    }),
  ];
  return [
    { name: 'env', values: envVars, path: envFilePath(env), ...running },
    ...more.filter(({ values }) => Object.keys(values).length > 0),
  ];
}

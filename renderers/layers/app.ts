import type { Env } from '../../inventory/types';
import type { AppType } from '../app-types/app-type';
import { envFile, type EnvFile } from '../env-file';
import { toExpression, toTemplate } from '../expression';
import { literal } from '../../inventory/text';
import { renderGuestLines } from '../lines';
import type { TemplateSource } from '../template';
import type { GuestFile, Layer, SecretFile } from './layer';
import { DEPLOY_KEY, DEPLOY_SCRIPT, envFilePath, KNOWN_HOSTS, STAMP } from './paths';

/**
 * The application's place on a guest: its user, folders, env file, deploy script and units.
 * @param env the env
 * @param type its kind of application
 * @param source finds templates
 * @returns the layer
 */
export function app(env: Env, type: AppType, source: TemplateSource): Layer {
  const { deployKey, knownHosts } = env.app;
  const environment = envFile(env.app.envVars);
  const isSecret = Object.keys(environment.secrets).length > 0;
  const program = (path: string, template: string, data: Record<string, unknown> = {}): GuestFile => ({
    path,
    mode: '0755',
    owner: 'root:root',
    ...renderGuestLines(source, template, data),
  });
  return {
    name: 'app',
    settings: {},
    libraries: ['begin', 'units', ...(type.timers(env).length > 0 ? (['timers'] as const) : [])],
    before: renderGuestLines(source, 'app/before.sh.ejs', { folders: type.folders(env) }),
    files: [
      ...(isSecret ? [] : [plainEnvFile(env, environment)]),
      ...(knownHosts.length > 0
        ? [
            {
              path: KNOWN_HOSTS,
              mode: '0644',
              owner: 'root:root',
              lines: knownHosts.map(toTemplate),
              dynamic: knownHosts.some((line) => literal(line) === undefined),
            },
          ]
        : []),
      program(STAMP, 'app/stamp.sh.ejs'),
      deployScript(env, type, source),
      ...type.files(env, source),
    ],
    secrets: [
      ...(isSecret ? [secretEnvFile(env, environment)] : []),
      ...(deployKey
        ? [
            {
              path: DEPLOY_KEY,
              mode: '0600',
              owner: 'root:root',
              name: 'deploy_key',
              content: `"\${trimspace(${toExpression(deployKey)})}\\n"`,
              shown: [`(secret: ${variablesOf([deployKey]).join(', ')})`],
            },
          ]
        : []),
    ],
    secretVariables: variablesOf([...Object.values(env.app.envVars), ...(deployKey ? [deployKey] : [])]),
    after: renderGuestLines(source, 'app/after.sh.ejs', {
      links: type.links(env),
      timers: type.timers(env),
      units: type.services(env).map(({ unit }) => unit),
    }),
  };
}

/** The variables that texts refer to, sorted. */
function variablesOf(texts: Env['app']['envVars'][string][]): string[] {
  const names = texts.flatMap(({ parts }) =>
    parts.flatMap((part) => (typeof part === 'string' ? [] : [part.variable])),
  );
  return [...new Set(names)].sort();
}

function plainEnvFile(env: Env, { lines }: EnvFile): GuestFile {
  return { path: envFilePath(env), mode: '0640', owner: 'root:app', lines, dynamic: false };
}

function secretEnvFile(env: Env, { shown }: EnvFile): SecretFile {
  return {
    path: envFilePath(env),
    mode: '0640',
    owner: 'root:app',
    name: 'env',
    content: '"${join("\\n", local.env_file)}\\n"',
    shown,
  };
}

function deployScript(env: Env, type: AppType, source: TemplateSource): GuestFile {
  const { repo, branch, release } = env.app;
  return {
    path: DEPLOY_SCRIPT,
    mode: '0755',
    owner: 'root:root',
    ...renderGuestLines(source, 'app/deploy_app.sh.ejs', {
      stack: env.stack,
      repo: repo ?? { parts: [], secret: false },
      branch,
      envFile: envFilePath(env),
      keep: release.keep,
      healthTimeout: release.healthTimeout,
      trial: release.trialStart,
      services: type.services(env).map((service) => ({ ...service, healthPath: service.healthPath ?? '-' })),
      buildEnv: type.buildEnv(env),
      steps: type.deploySteps(env, source).join('\n'),
    }),
  };
}

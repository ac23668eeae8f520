import type { Env } from '../../inventory/types';
import type { Application } from '../application';
import type { Service } from '../contribution';
import { envFile } from '../env-file';
import { toExpression, variablesOf } from '../expression';
import { ownSettings, processes, sharedFolders, unitFileName, unitSettings } from '../services';
import { literalLines, renderGuestLines, textLines } from '../lines';
import type { TemplateSource } from '../template';
import { envFiles } from './env-files';
import { type GuestFile, type Layer, rootFile } from './layer';
import { CONFIG, envFilePath, inRelease, unitPath } from './paths';

/**
 * The application's place on a guest: its user, folders, env file, units and what its deploy script reads.
 * @param env the env
 * @param app what its kind and its features add
 * @param source finds templates
 * @returns the layer
 */
export function app(env: Env, app: Application, source: TemplateSource): Layer {
  const { deployKey, knownHosts } = env.app;
  const all = envFiles(env);
  const file = (path: string, template: string, data: Record<string, unknown>): GuestFile =>
    rootFile(path, renderGuestLines(source, template, data));
  return {
    name: 'app',
    lists: {
      folders: [...app.folders, ...app.services.flatMap(sharedFolders)],
      timers: app.timers,
    },
    files: [
      ...all.map(environmentFile),
      ...(knownHosts.length > 0 ? [rootFile(`${CONFIG}/known_hosts`, textLines(knownHosts))] : []),
      ...(deployKey ? [deployKeyFile(deployKey)] : []),
      file(`${CONFIG}/deploy.conf`, 'app/deploy.conf.ejs', deploySettings(env, app)),
      ...(app.services.length > 0
        ? [rootFile(`${CONFIG}/services`, literalLines(app.services.flatMap(processes)))]
        : []),
      ...(app.services.length + app.jobs.length > 0
        ? [
            file(unitPath('app-.service.d/common.conf'), 'app/common.conf.ejs', {
              after: app.after,
              environment: app.environment,
              envFile: envFilePath(env),
              memory: env.app.release.memory,
            }),
          ]
        : []),
      ...app.services.flatMap((service) => unitFiles(env, service, source)),
      ...app.files,
    ],
    secretVariables: variablesOf([
      ...all.flatMap(({ values }) => Object.values(values)),
      ...(deployKey ? [deployKey] : []),
    ]),
  };
}

function environmentFile({ name, values, ...file }: ReturnType<typeof envFiles>[number]): GuestFile {
  const { secrets, shown, lines } = envFile(values, name);
  if (Object.keys(secrets).length === 0) return { ...file, lines };
  return { ...file, lines: shown, secret: { name, content: `"\${join("\\n", local.${name}_file)}\\n"` } };
}

function deployKeyFile(key: NonNullable<Env['app']['deployKey']>): GuestFile {
  return {
    path: `${CONFIG}/deploy_key`,
    mode: '0600',
    owner: 'root:root',
    lines: [`(secret: ${variablesOf([key]).join(', ')})`],
    secret: { name: 'deploy_key', content: `"\${trimspace(${toExpression(key)})}\\n"` },
  };
}

function deploySettings(env: Env, app: Application): Record<string, unknown> {
  const { repo, branch, release } = env.app;
  return {
    stack: env.stack,
    repo: repo ?? { parts: [], secret: false },
    branch,
    envFile: envFilePath(env),
    buildEnvironment: app.buildEnvironment,
    keep: release.keep,
    healthTimeout: release.healthTimeout,
    fetchTimeout: release.fetchTimeout ?? '',
    watch: release.watch,
    buildTimeout: release.buildTimeout,
    buildMemory: release.buildMemory,
    buildDiskReserve: release.buildDiskReserve ?? '',
    buildHides: hiddenNames(env),
    installKey: release.installKey,
    trial: release.trialStart,
    listed: env.app.listsServices,
  };
}

/** The names of secrets that a build does not see. */
function hiddenNames({ app: { envVars, services, release } }: Env): string[] {
  const secrets = [envVars, ...services.map((service) => service.envVars)].flatMap((values) =>
    Object.keys(envFile(values).secrets),
  );
  return [...new Set(secrets)].filter((name) => !release.buildSecrets.includes(name));
}

function unitFiles(env: Env, service: Service, source: TemplateSource): GuestFile[] {
  const name = unitFileName(service);
  const settings = ownSettings(service);
  return [
    rootFile(
      unitPath(name),
      renderGuestLines(source, 'app/service.ejs', {
        ...unitSettings(service),
        stack: env.stack,
        folder: inRelease(service.folder),
      }),
    ),
    ...(settings.length === 0
      ? []
      : [
          rootFile(
            unitPath(`${name}.d/own.conf`),
            renderGuestLines(source, 'app/service.conf.ejs', { settings }),
          ),
        ]),
  ];
}

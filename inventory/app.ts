import type { Draft } from './draft';
import { environmentOf } from './environment';
import { kindsOf, type Part, partsOf } from './part';
import type { Keys } from './scope';
import { display } from './text';
import { COMPILED_IN } from './schema/app';
import { resolveServices, type ServiceSettings } from './services';
import type { Validation } from './validation';
import { RULES } from './values/rules';
import { distinct, toValue, type Value } from './values/value';

/** How releases are made and checked, whatever the kind of application. */
interface ReleaseSettings {
  /** A command line. */
  migrate?: string;
  /** A command line. */
  healthCommand?: string;
  /** Seconds. */
  healthTimeout: number;
  /** Seconds for what is fetched. @default 600 */
  fetchTimeout?: number;
  /** Paths of the repository, or patterns: the release is the last commit of the branch that touches one. */
  watch: readonly string[];
  /** Seconds for each step of a build. */
  buildTimeout: number;
  /** MiB for each step of a build. */
  buildMemory?: number;
  /** MiB of the disk that a step leaves free. @default 256 */
  buildDiskReserve?: number;
  /** Names in `envVars` that builds see although they hold a secret. */
  buildSecrets: readonly string[];
  /** Names in `envVars`, or their beginnings with a `*`: what a build compiles in. */
  buildEnv: readonly string[];
  /** Whether the commands that install may use the deploy key. */
  installKey: boolean;
  trialStart: boolean;
  keep: number;
  /** MiB for each service. */
  memory?: number;
}

/** The application of an env. */
export interface App {
  /** The name of its kind, or `none`; then the rest means nothing. */
  type: string;
  /** What its kind and the features are set to, by their names: to others than these it is data, see `settingsOf`. */
  settings: Readonly<Record<string, unknown>>;
  /** In the order of the inventory. */
  services: readonly ServiceSettings[];
  /** Whether the inventory lists them, so that the repository has to have each of them. */
  listsServices: boolean;
  repo?: Value;
  branch: Value;
  /** The commit or tag that the inventory pins. */
  pin?: string;
  deployKey?: Value;
  knownHosts: readonly Value[];
  packages: readonly Value[];
  release: ReleaseSettings;
  /** Sorted by name. */
  envVars: Readonly<Record<string, Value>>;
  /** What the commands that install see; sorted by name. */
  installEnv: Readonly<Record<string, Value>>;
}

/**
 * What a part of an application is set to.
 * @param app the application
 * @param part its kind, or a feature
 * @returns what the part's `resolve` returned
 * @throws Error where it has no such part, which is a bug
 */
export function settingsOf<T>({ type, settings }: App, { name }: Pick<Part<Keys, T>, 'name' | 'resolve'>): T {
  if (!Object.hasOwn(settings, name))
    throw new Error(`an application of the type ${type} has no part ${name}`);
  // The one cast: under a part's name stands what its own `resolve` returned, see `resolveApp`.
  return settings[name] as T;
}

/**
 * The application of an env with every default filled in.
 * @param draft the env
 * @param validation knows how scalars were written
 * @returns the application
 */
export function resolveApp(draft: Draft, validation: Validation): App {
  const { scope, project, registry } = draft;
  const type = scope.get('app_type');
  return {
    type,
    settings: Object.fromEntries(
      partsOf(registry, type).map((part) => [part.name, part.resolve(scope, project)]),
    ),
    services: resolveServices(
      scope,
      kindsOf(registry).find(({ name }) => name === type)?.services,
      validation,
    ),
    listsServices: scope.find('services') !== undefined,
    repo: scope.maybe('repo'),
    branch: scope.maybe('branch') ?? toValue('main', RULES.branch),
    pin: scope.maybe('release'),
    deployKey: scope.maybe('git_deploy_key'),
    knownHosts: scope.get('git_known_hosts'),
    packages: distinct(scope.get('packages')).sort((a, b) => (display(a) < display(b) ? -1 : 1)),
    release: {
      migrate: scope.maybe('migrate'),
      healthCommand: scope.maybe('health_command'),
      healthTimeout: scope.get('health_timeout'),
      fetchTimeout: scope.maybe('fetch_timeout'),
      watch: [...scope.get('watch')].sort(),
      buildTimeout: scope.get('build_timeout'),
      buildMemory: scope.maybe('build_memory'),
      buildDiskReserve: scope.maybe('build_disk_reserve'),
      buildSecrets: scope.get('build_secrets'),
      buildEnv: scope.maybe('build_env') ?? COMPILED_IN,
      installKey: scope.get('install_with_deploy_key'),
      trialStart: scope.get('trial_start'),
      keep: scope.get('keep_releases'),
      memory: scope.maybe('service_memory'),
    },
    envVars: environmentOf(scope.all('env_vars'), validation),
    installEnv: environmentOf(scope.all('install_env'), validation),
  };
}

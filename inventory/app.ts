import type { Draft } from './draft';
import { FEATURES } from './features/registry';
import type { KindName } from './kinds';
import { KINDS } from './kinds/registry';
import type { Kind } from './part';
import type { Keys } from './scope';
import { display } from './text';
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
  /** Seconds for each step of a build. */
  buildTimeout: number;
  /** MiB for each step of a build. */
  buildMemory?: number;
  trialStart: boolean;
  keep: number;
  /** MiB for each service. */
  memory?: number;
}

/** What the features of an application are set to. */
type Features = { readonly [F in keyof typeof FEATURES]: ReturnType<(typeof FEATURES)[F]['resolve']> };

/** What every application has; of an env without one it means nothing. */
interface Common {
  repo?: Value;
  branch: Value;
  deployKey?: Value;
  knownHosts: readonly Value[];
  packages: readonly Value[];
  release: ReleaseSettings;
  features: Features;
  /** Sorted by name. */
  envVars: Readonly<Record<string, Value>>;
}

/** An application of one kind, with the settings of that kind. */
type AppOf<K extends KindName> = Common & { type: K } & ReturnType<(typeof KINDS)[K]['resolve']>;

/** The application of an env. */
export type App = (Common & { type: 'none' }) | { [K in KindName]: AppOf<K> }[KindName];

/**
 * What a kind of application has made of an env that is of this kind.
 * @param app the application
 * @param kind the kind
 * @returns its settings
 * @throws Error where the application is of another kind, which is a bug
 */
export function settingsOf<T>(app: App, kind: Pick<Kind<Keys, T>, 'resolve'>): T {
  if (app.type !== 'none' && (KINDS[app.type] as unknown) === kind) return app as T;
  throw new Error(`an application of the type ${app.type} was taken for another`);
}

/**
 * The application of an env with every default filled in.
 * @param draft the env
 * @param validation knows how scalars were written
 * @returns the application
 */
export function resolveApp(draft: Draft, validation: Validation): App {
  const { scope, project } = draft;
  const type = scope.get('app_type');
  const features = Object.entries(FEATURES).map(([name, { resolve }]) => [name, resolve(scope, project)]);
  return {
    type,
    ...(type === 'none' ? {} : KINDS[type].resolve(scope, project)),
    repo: scope.maybe('repo'),
    branch: scope.maybe('branch') ?? toValue('main', RULES.branch),
    deployKey: scope.maybe('git_deploy_key'),
    knownHosts: scope.get('git_known_hosts'),
    packages: distinct(scope.get('packages')).sort((a, b) => (display(a) < display(b) ? -1 : 1)),
    release: {
      migrate: scope.maybe('migrate'),
      healthCommand: scope.maybe('health_command'),
      healthTimeout: scope.get('health_timeout'),
      buildTimeout: scope.get('build_timeout'),
      buildMemory: scope.maybe('build_memory'),
      trialStart: scope.get('trial_start'),
      keep: scope.get('keep_releases'),
      memory: scope.maybe('service_memory'),
    },
    features: Object.fromEntries(features) as unknown as Features,
    envVars: resolveEnvVars(draft, validation),
  } as App;
}

/** Project and env merged, by name; scalars as they were written, so that `1.10` and `yes` stay what they are. */
function resolveEnvVars({ scope }: Draft, validation: Validation): Record<string, Value> {
  const values = new Map<string, Value>();
  for (const { value: map, path } of scope.all('env_vars')) {
    for (const [name, value] of Object.entries(map)) {
      const text = typeof value === 'string' ? value : (validation.written([...path, name]) ?? String(value));
      values.set(name, toValue(text, RULES.envValue, true));
    }
  }
  return Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
}

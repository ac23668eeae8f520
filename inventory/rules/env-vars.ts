import { envValueProblem, isAmbiguous } from '../env-value';
import { groupPart } from '../names';
import type { Path } from '../document';
import type { Registry } from '../part';
import type { InventoryInput } from '../schema/inventory';
import { withoutReferences } from '../text';
import type { Validation } from '../validation';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Names that change how the process itself is started or found. */
const REFUSED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|IFS|ENV|BASH_ENV|LD_.*|NODE_OPTIONS|PYTHONPATH|NOTIFY_SOCKET|WATCHDOG_.*|LISTEN_.*|MAINPID|INVOCATION_ID|JOURNAL_STREAM|CREDENTIALS_DIRECTORY)$/;

const BEFORE_START = (name: string): string =>
  `give it to the program alone: backend_start: ${name}=… npm start (service_start of a Python application), and backend_build likewise`;

/** What to do about them, where more than removing helps. */
const REFUSED_FIX: Readonly<Record<string, string>> = {
  NODE_OPTIONS: BEFORE_START('NODE_OPTIONS'),
  PATH: `write the program with its path, or ${BEFORE_START('PATH')}`,
  PYTHONPATH: BEFORE_START('PYTHONPATH'),
  HOME: 'remove it, or choose another name: the application runs as the user app, whose home is /var/lib/app',
};

/** The keys that hold environments. */
const MAPS = ['env_vars', 'install_env'] as const;
interface Maps extends Partial<Record<(typeof MAPS)[number], Record<string, unknown> | undefined>> {
  services?: Readonly<Record<string, ServiceMaps>> | undefined;
}
/** The same of a service. */
const SERVICE_MAPS = ['env_vars', 'build_env_vars'] as const;
type ServiceMaps = Partial<Record<(typeof SERVICE_MAPS)[number], Record<string, unknown> | undefined>>;

/** The names that lists of names may have in them: by list, as an install's are nothing to a build. */
const known = (...levels: readonly Maps[]): Record<'plain_env_vars' | 'build_secrets', Set<string>> => {
  const names = (map: (typeof MAPS)[number]): string[] =>
    levels.flatMap((level) => Object.keys(level[map] ?? {}));
  const ofServices = (map: (typeof SERVICE_MAPS)[number]): string[] =>
    levels.flatMap(({ services = {} }) =>
      Object.values(services).flatMap((service) => Object.keys(service[map] ?? {})),
    );
  return {
    plain_env_vars: new Set([...MAPS.flatMap(names), ...SERVICE_MAPS.flatMap(ofServices)]),
    build_secrets: new Set([...names('env_vars'), ...ofServices('env_vars')]),
  };
};

/** Names that are taken, with what to write instead. */
type Taken = Readonly<Record<string, string>>;

/** Names that this tool sets for every process, whatever its kind. */
const OWN: Taken = {
  PORT: 'write port of the service (backend_port, frontend_port): each process gets its own as PORT',
  XDG_CACHE_HOME: 'remove it: caches are where the application, or a build, may write',
};

const SECRET_NAME =
  /(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|(API|PRIVATE|ACCESS)KEY$|(^|_)KEY$|(^|_)PASS$|(^|_)PWD$)/i;

/** Under a name of something about secrets, such as how long a token lives, these are none. */
const NO_SECRET: readonly RegExp[] = [
  /^[+-]?\d+([.,]\d+)?$/,
  /^(true|false|yes|no|on|off|none|null)$/i,
  // A duration: 3d, 15 min, 1h30m, P7D.
  /^(\d+(\.\d+)?\s*(ms|us|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|y|years?)\s*)+$/i,
  /^P(?=[\dT])(\d+[YMWD])*(T(\d+[HMS])+)?$/,
  // A path; one long word behind a slash may be base64.
  /^(~|\.{1,2})?(\/[A-Za-z0-9._@-]{1,40})+\/?$/,
];

/** A number under such a name may well be the secret. */
const NUMBER_IS_SECRET = /(PASSWORD|PASSWD|PASSPHRASE|(^|_)PASS|(^|_)PWD|KEY)$/i;
const IS_LIMIT = /(^|_)(MIN|MAX|NUM|COUNT)_/i;

/** `scheme://user:password@host` where the password is written out. */
const URL_CREDENTIALS = /[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/@:]*:([^\s/@]+)@/g;

/** The password of a connection string: `?password=`, `host=h password=`. */
const PARAMETER = /(?:^|[?&;\s])(?:password|passwd|pwd)=([^\s&;]+)/gi;

/** The maps `env_vars` and `install_env` of projects and envs, and the lists of names in them. */
export function checkEnvVars(input: InventoryInput, registry: Registry, validation: Validation): void {
  const ofParts = Object.values(registry).flatMap(({ variables = {} }) => Object.entries(variables));
  const taken: Taken = { ...OWN, ...Object.fromEntries(ofParts) };
  for (const [project, { envs, ...own }] of Object.entries(input.app_projects)) {
    const path = ['app_projects', project];
    for (const map of MAPS) {
      checkMap(
        own[map] ?? {},
        own.plain_env_vars ?? [],
        [...path, map],
        groupPart(project),
        taken,
        validation,
      );
    }
    checkServices(own, own.plain_env_vars ?? [], path, groupPart(project), taken, validation);
    checkNames(own, known(own, ...Object.values(envs)), path, validation);
    for (const [env, settings] of Object.entries(envs)) {
      const { plain_env_vars, build_secrets } = settings;
      const plain = [...(own.plain_env_vars ?? []), ...(plain_env_vars ?? [])];
      const prefix = `${groupPart(project)}_${groupPart(env)}`;
      for (const map of MAPS) {
        checkMap(settings[map] ?? {}, plain, [...path, 'envs', env, map], prefix, taken, validation);
      }
      checkServices(settings, plain, [...path, 'envs', env], prefix, taken, validation);
      checkNames({ plain_env_vars, build_secrets }, known(own, settings), [...path, 'envs', env], validation);
    }
  }
}

function checkServices(
  { services = {} }: Maps,
  plain: readonly string[],
  path: Path,
  prefix: string,
  taken: Taken,
  validation: Validation,
): void {
  for (const [name, service] of Object.entries(services)) {
    for (const map of SERVICE_MAPS) {
      checkMap(service[map] ?? {}, plain, [...path, 'services', name, map], prefix, taken, validation);
    }
  }
}

function checkMap(
  map: Record<string, unknown>,
  plain: readonly string[],
  path: Path,
  prefix: string,
  taken: Taken,
  validation: Validation,
): void {
  for (const [name, value] of Object.entries(map)) {
    const at = [...path, name];
    if (validation.isRefused(at)) continue;
    if (!NAME.test(name)) {
      const meant = name.replace(/[^A-Za-z0-9]+/g, '_');
      validation.error(
        at,
        'is not the name of an environment variable',
        !/[A-Za-z]/.test(meant) || !NAME.test(meant)
          ? 'use letters, digits and _, not beginning with a digit'
          : `write ${meant}: letters, digits and _`,
      );
    } else if (REFUSED.test(name)) {
      const fix = REFUSED_FIX[name] ?? (name.startsWith('LD_') ? BEFORE_START(name) : 'choose another name');
      validation.error(at, 'would change how the process is started', fix);
    } else if (Object.hasOwn(taken, name)) {
      validation.error(at, 'is set by this tool itself', taken[name] ?? '');
    } else if (isLiteralSecret(name, String(value), plain)) {
      const variable = `vault_${prefix}_${name}`.toLowerCase();
      validation.error(
        at,
        'looks like a secret written in clear',
        `write "{{ ${variable} }}" and give it as TF_VAR_${variable}, or list ${name} in plain_env_vars`,
      );
    } else checkValue(String(value), at, validation);
  }
}

function checkValue(value: string, at: Path, validation: Validation): void {
  const problem = envValueProblem(withoutReferences(value));
  if (problem) validation.error(at, problem.what, problem.fix);
  else if (!value.includes('{{') && isAmbiguous(value)) {
    validation.warn(
      at,
      'arrives as written, but a dotenv library that reads the env file by itself reads another value',
      "read it from the environment, where systemd puts it; or write a value without ', without \\ and without ${…}",
    );
  }
}

function isLiteralSecret(name: string, value: string, plain: readonly string[]): boolean {
  if (value === '' || plain.includes(name)) return false;
  const literals = withoutReferences(value, '\u0001');
  const passwords = [...literals.matchAll(URL_CREDENTIALS), ...literals.matchAll(PARAMETER)].map(
    ([, password = '']) => password,
  );
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(literals)) return true;
  if (passwords.length > 0) return passwords.some((password) => !password.includes('\u0001'));
  return SECRET_NAME.test(name) && !literals.includes('\u0001') && !isNoSecret(name, value.trim());
}

function isNoSecret(name: string, value: string): boolean {
  // Only about a secret: what ends in its word is the secret itself, whatever it looks like.
  if (NUMBER_IS_SECRET.test(name) && !IS_LIMIT.test(name)) return false;
  return NO_SECRET.some((pattern) => pattern.test(value));
}

function checkNames(
  lists: { plain_env_vars?: string[] | undefined; build_secrets?: string[] | undefined },
  names: ReturnType<typeof known>,
  path: Path,
  validation: Validation,
): void {
  for (const list of ['plain_env_vars', 'build_secrets'] as const) {
    lists[list]?.forEach((name, index) => {
      if (!names[list].has(name)) {
        validation.error(
          [...path, list, index],
          'names no variable of env_vars here',
          'remove it or mend its name',
        );
      }
    });
  }
}

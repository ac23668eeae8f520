import * as z from 'zod';
import { bool, command, key, plain, port, whole } from './fields';
import { environment, healthPath, serviceSchema } from './services';

const buildName = (): z.ZodString =>
  plain(
    /^[A-Za-z_][A-Za-z0-9_]*\*?$/,
    'is not the name of an environment variable, nor the beginning of one',
    'write e.g. NEXT_PUBLIC_API, or NEXT_PUBLIC_* for all that begin so',
  );

const watched = (): z.ZodString =>
  plain(
    (value) =>
      /^[\w.@+*?[\]-][\w.@+*?[\]/-]*$/.test(value) &&
      !value.startsWith('-') &&
      !value.split('/').some((name) => name === '..' || name === '.'),
    'is not a path of the repository, or a pattern of some',
    'write it from the root of the repository, of letters, digits and . _ @ + - / * ? [ ], e.g. services/api or packages/*',
  );

/** What the usual tools of frontends compile in. */
export const COMPILED_IN = [
  ...['EXPO_PUBLIC_*', 'GATSBY_*', 'NEXT_PUBLIC_*', 'NG_APP_*', 'NUXT_PUBLIC_*'],
  ...['PUBLIC_*', 'REACT_APP_*', 'VITE_*', 'VUE_APP_*'],
];

/** What every application has, of whatever kind: how a release is checked and kept, and its data; for projects and envs. */
export const appKeys = {
  env_vars: key(environment(), {
    description: "The application's environment.",
    default: {},
  }),
  plain_env_vars: key(z.array(z.string()), {
    description: 'Names in `env_vars` that look secret but may hold a literal.',
    default: [],
  }),
  install_env: key(environment(), {
    description: 'Environment of the commands that install, and of nothing else: the token of a registry.',
    default: {},
  }),
  install_with_deploy_key: key(bool(), {
    description:
      'Let the commands that install fetch over ssh with `git_deploy_key`, which they cannot read: for private git repositories among the dependencies.',
    default: false,
  }),
  services: key(z.record(z.string(), serviceSchema), {
    description:
      'The services that there are, by name, instead of those of its kind (merged key by key: an env may add one, or change one).',
    otherwise:
      'of a Node.js application `backend` and `frontend`, of a Python one what `service_start` starts',
  }),
  backend_port: key(port(), { description: 'The port of the backend.', default: 3001 }),
  backend_health_path: key(healthPath(), {
    description: 'A path of the backend that answers 2xx or 3xx when all is well.',
    otherwise: '/, where anything but a server error will do',
  }),
  migrate: key(command(), {
    description: 'Migrates the data, in the new release, before it is switched to.',
    otherwise:
      'the script `migrate` of the backend, where there is one; for Python `alembic upgrade head`, where there is an alembic.ini',
  }),
  health_command: key(command(), {
    description: 'Decides, in the new release before it is switched to, whether it stands: exit code 0.',
    otherwise: 'for Python `python health_check.py`, or scripts/health_check.py, where there is one',
  }),
  health_timeout: key(whole(1, 600, 'number of seconds'), {
    description: 'Seconds that a new release has for its first healthy answer.',
    default: 30,
  }),
  fetch_timeout: key(whole(10, 86_400, 'number of seconds'), {
    description: 'Seconds that a deploy has for each of the repository, its submodules and its LFS files.',
    otherwise: '600',
  }),
  watch: key(z.array(watched()), {
    description:
      'Folders and files of the repository (also `packages/*`): deploy only commits of the branch that touch one of them.',
    default: [],
  }),
  build_timeout: key(whole(10, 86_400, 'number of seconds'), {
    description: 'Seconds that each step of a build, and a migration, may take; then it is ended.',
    default: 1800,
  }),
  build_memory: key(whole(64, 134_217_728, 'size in MiB'), {
    description: 'MiB that each step of a build, and a migration, may use.',
    otherwise: 'no limit but that of the guest',
  }),
  build_disk_reserve: key(whole(16, 134_217_728, 'size in MiB'), {
    description:
      "MiB of the guest's disk that stay free: a step of a build, or a migration, that would leave less is ended.",
    otherwise: '256',
  }),
  build_secrets: key(z.array(z.string()), {
    description:
      'Names in `env_vars` that the commands that build see although they hold a secret, e.g. the token of a reporting service.',
    default: [],
  }),
  build_env: key(z.array(buildName()), {
    description:
      'Names in `env_vars`, or their beginnings with a `*`, that a build compiles in: where such a value changes, the commit that runs is built again.',
    otherwise:
      'what the usual tools take: `NEXT_PUBLIC_*`, `VITE_*`, `REACT_APP_*`, `NUXT_PUBLIC_*`, `PUBLIC_*` and their like',
  }),
  trial_start: key(bool(), {
    description:
      'Start a new release beside the old one, on another $PORT, before it is switched to. false for an application that must not run twice.',
    default: true,
  }),
  keep_releases: key(whole(2, 100, 'number of releases'), {
    description: 'Releases that are kept for a rollback.',
    default: 5,
  }),
  service_memory: key(whole(16, 134_217_728, 'size in MiB'), {
    description: 'MiB that each service may use.',
    otherwise: 'no limit but that of the guest',
  }),
  data: key(z.enum(['keep', 'disposable']), {
    description: 'keep: a plan that would destroy or replace the guest is refused.',
    otherwise: '`keep` for envs with PostgreSQL, or with `redis: {persistence: log}`',
  }),
};

import * as z from 'zod';
import { editorPattern } from '../editor';
import { command, key, message, plain, port, startCommand, whole } from './fields';

const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: ({ input }) =>
    typeof input === 'object' && input !== null
      ? message(
          `is a ${Array.isArray(input) ? 'list' : 'map'}, not one text`,
          `write it as the application reads it: JSON in single quotes, e.g. '${Array.isArray(input) ? '["a", "b"]' : '{"a": true}'}', or "a,b"`,
        )
      : message('is not a text, number or boolean', 'write one value; "" for an empty one'),
});

const ENV_NAME = editorPattern(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'is not the name of an environment variable',
  'use letters, digits and _, not beginning with a digit',
);

/** Environment variables. Names that cannot be refused by the schema alone are checked in rules/env-vars.ts. */
export const environment = (): z.ZodRecord<z.ZodString, typeof scalar> =>
  z.record(z.string(), scalar).meta({ editor: { propertyNames: ENV_NAME } });

/** A folder of the repository: without slashes around it, `.` for the root. */
export const folder = (): z.ZodString =>
  plain(
    /^(\.\/?|(\.\/)?[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*\/?)$/,
    'is not a folder of the repository',
    'write e.g. backend or services/api, or . for its root',
  ).overwrite((value) => value.replace(/^\.\/(?=.)|\/$/g, ''));

/** A path that a service answers. */
export const healthPath = (): z.ZodString =>
  plain(/^\/[A-Za-z0-9._~/?=&%-]*$/, 'is not a path of a URL', 'write e.g. /health');

const CPUS = message('is not a number of CPUs from 0.05 to 512', 'write e.g. 0.5 or 2');

/** What the tool restarts, and when. */
const RESTARTS = ['always', 'on-failure', 'no'] as const;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;

const sharedPath = (): z.ZodString =>
  plain(
    /^[A-Za-z0-9._][A-Za-z0-9._-]*(\/[A-Za-z0-9._][A-Za-z0-9._-]*)*\/?$/,
    'is not a folder below that of the service',
    'write e.g. uploads or .next/cache',
  )
    .refine(
      (value) => !/(^|\/)\.{1,2}(\/|$)/.test(value),
      message('leads out of the folder of the service', 'write e.g. uploads or .next/cache'),
    )
    .overwrite((value) => value.replace(/\/$/, ''));

/** The keys of a service; an env's go before its project's, key by key. */
export const serviceKeys = {
  dir: key(folder(), {
    description: 'Its folder in the repository.',
    otherwise: '`.`, the root; of `backend` and `frontend` what `backend_dir` and `frontend_dir` say',
  }),
  start: key(startCommand(), {
    description: 'Starts it. No shell runs it.',
    otherwise: '`npm start` of a Node.js application; of `backend` and `frontend` what their keys say',
  }),
  static: key(folder(), {
    description:
      'The folder within its own that its build makes, or that the repository has, with files that the web front serves (`web`); nothing is started then.',
    otherwise: 'none: it is started',
  }),
  port: key(port(), {
    description:
      'The port that it listens on, as $PORT. Without one it is a worker, which is well when it stays up.',
    otherwise: 'none; of `backend` and `frontend` what `backend_port` and `frontend_port` say',
  }),
  health_path: key(healthPath(), {
    description: 'A path that answers 2xx or 3xx when all is well.',
    otherwise: '/, where anything but a server error will do',
  }),
  health_host: key(
    plain(
      /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/,
      'is not a host',
      'write e.g. shop.example.lan',
    ),
    {
      description: 'The Host header of that request, for an application that answers to its names only.',
      otherwise: '`localhost`',
    },
  ),
  health_status: key(
    z.array(whole(100, 599, 'status code')).min(1, message('is empty', 'write e.g. [200, 401]')),
    {
      description: 'The status codes that count as well, instead of those.',
    },
  ),
  health_timeout: key(whole(1, 600, 'number of seconds'), {
    description: 'Seconds that it has for its first healthy answer.',
    otherwise: '`health_timeout` of the application',
  }),
  install: key(command(), {
    description: 'Installs its dependencies.',
    otherwise: 'what its lock file says',
  }),
  build: key(command(), {
    description: 'Builds it.',
    otherwise: 'the script `build` of its package.json, where there is one',
  }),
  env_vars: key(environment(), {
    description: 'Its environment besides `env_vars` of the application, whose values it may replace.',
    default: {},
  }),
  build_env_vars: key(environment(), {
    description:
      'Environment of the command that builds it, and of nothing else: the token of a reporting service.',
    default: {},
  }),
  shared_paths: key(z.array(sharedPath()), {
    description:
      'Folders in its folder that it writes and that stay from one release to the next: uploads, caches. They lie below /var/lib/app/shared.',
    default: [],
  }),
  count: key(whole(0, 32, 'number of instances'), {
    description:
      'How many of it run. With a port the first listens on it, the next one on the next. 0: it is not there.',
    otherwise: '1',
  }),
  memory: key(whole(16, 134_217_728, 'size in MiB'), {
    description: 'MiB that each instance may use.',
    otherwise: '`service_memory`',
  }),
  cpus: key(z.number({ error: CPUS }).min(0.05, CPUS).max(512, CPUS), {
    description: 'CPUs that each instance may use, e.g. 0.5.',
    otherwise: 'no limit but that of the guest',
  }),
  restart: key(z.enum(RESTARTS), {
    description: 'When it is started again after it ended by itself.',
    otherwise: '`always`',
  }),
  stop_signal: key(z.enum(SIGNALS), {
    description: 'The signal that asks it to end.',
    otherwise: '`SIGTERM`',
  }),
  stop_timeout: key(whole(1, 3600, 'number of seconds'), {
    description: 'Seconds that it has to end before it is killed.',
    otherwise: '20',
  }),
};

/** A service as written. */
export const serviceSchema = z.strictObject(serviceKeys);

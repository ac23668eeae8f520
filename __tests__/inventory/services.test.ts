import { added, onlyEnv, problems } from './minimal';

const AT = 'app_projects.pote.services';
const TAKEN = "is a name of this tool's own  choose another name";

/** What is said, without the file's name. */
const said = (...lines: string[]): string[] =>
  problems(added('project', ...lines)).map((line) => line.replace(/^inventory\.yml:\d+:\d+ +(error: )?/, ''));

test.each<[string, lines: string[], services: object[]]>([
  [
    'none is listed',
    [],
    [
      { name: 'backend', dir: 'backend', port: 3001, start: 'npm start', count: 1 },
      { name: 'frontend', dir: 'frontend', port: 3000, start: 'npm start', count: 1 },
    ],
  ],
  ['a backend alone', ['services: {backend: {}}'], [{ name: 'backend', dir: 'backend', port: 3001 }]],
  [
    'a backend with keys of both',
    ['backend_port: 8080', 'backend_dir: api', 'services: {backend: {dir: ./, health_path: /up}}'],
    [{ name: 'backend', dir: '.', port: 8080, healthPath: '/up', start: 'npm start' }],
  ],
  ['a worker', ['services: {mail: {}}'], [{ name: 'mail', dir: '.', port: undefined, start: 'npm start' }]],
  ['a service that is not in this env', ['services: {a: {}, b: {count: 0}}'], [{ name: 'a' }]],
  ['none of Python', ['app_type: python'], []],
  [
    'several of Python',
    ['app_type: python', 'service_start: web', 'services: {backend: {}, queue: {start: work}}'],
    [
      { name: 'backend', dir: '.', port: 3001, start: 'web' },
      { name: 'queue', dir: '.', port: undefined, start: 'work' },
    ],
  ],
])('services: %s', (_what, lines, services) => {
  const { app } = onlyEnv(added('project', ...lines));
  expect(app.services).toMatchObject(services);
  expect(app.services).toHaveLength(services.length);
});

test('an env adds and changes services of its project, key by key', () => {
  const text = added('project', 'services: {web: {port: 8000, memory: 256}, mail: {}}').replace(
    '        name:',
    '        services: {web: {memory: 512}, sms: {start: node sms.js}}\n        name:',
  );
  expect(onlyEnv(text).app.services).toMatchObject([
    { name: 'web', port: 8000, memory: 512 },
    { name: 'mail' },
    { name: 'sms', start: 'node sms.js' },
  ]);
});

test('what an env leaves out of its project may be set there', () => {
  const text = added('project', 'frontend_port: 8000').replace(
    '        name:',
    '        services: {backend: {}}\n        name:',
  );
  expect(problems(text)).toEqual([]);
});

test.each<[lines: string[], said: string[]]>([
  [
    ['services: {Web: {}}'],
    [`${AT}.Web  is not a name for a service  use lower-case letters, digits and -, e.g. mail-worker`],
  ],
  [['services: {current: {}}'], [`${AT}.current  ${TAKEN}`]],
  [['services: {job-a: {}}'], [`${AT}.job-a  ${TAKEN}`]],
  [['services: {a-trial: {}}'], [`${AT}.a-trial  ${TAKEN}`]],
  [
    ['services: {web: {start: cd a && node b}}'],
    [
      `${AT}.web.start  begins with cd, which is a word of the shell, and no shell runs this  remove it: the command runs in the folder of its service; or write a script in the repository and its path here, or sh -c '…'`,
    ],
  ],
  [['services: {web: {port: 22}}'], [`${AT}.web.port  is SSH's port  choose another port`]],
  [['services: {web: {port: 20, count: 4}}'], [`${AT}.web.port  is SSH's port  choose another port`]],
  [
    ['services: {a: {port: 3000}, b: {port: 3000}}'],
    [`${AT}.b.port  is the port of both a and b  give each a port of its own`],
  ],
  [
    ['services: {a: {port: 3000, count: 3}, b: {port: 3002}}'],
    [`${AT}.b.port  gives a and b a port in common  each instance has a port of its own, from port on`],
  ],
  [
    ['services: {a: {port: 65535, count: 2}}'],
    [`${AT}.a.port  leaves no port for each of 2 instances  choose a lower port`],
  ],
  [
    ['services: {a: {health_path: /up}}'],
    [
      `${AT}.a.health_path  needs a port that answers  write port, or remove it: a worker is well when it stays up`,
    ],
  ],
  [
    ['frontend_port: 8000', 'services: {backend: {}}'],
    [
      'app_projects.pote.frontend_port  is of the service frontend, which services does not list  remove it, or write services: {frontend: {}}',
    ],
  ],
  [
    ['app_type: python', 'services: {backend: {}}'],
    [`${AT}.backend  does not say how it starts  write start here, or service_start`],
  ],
  [
    ['app_type: python', 'services: {queue: {build: make, install: make}}'],
    [
      `${AT}.queue.install  is nothing for a service of this app_type  write python_install: all services have one virtualenv`,
      `${AT}.queue.build  is nothing for a service of this app_type  remove it: python_install may build, too`,
      `${AT}.queue  does not say how it starts  write start`,
    ],
  ],
  [
    ['app_type: none', 'services: {a: {}}'],
    [`${AT}  is for an application, and app_type: none has none  remove it, or set app_type: node or python`],
  ],
  [
    ['services: {a: {cpus: 0}}'],
    [`${AT}.a.cpus  is not a number of CPUs from 0.05 to 512  write e.g. 0.5 or 2`],
  ],
  [
    ['services: {a: {memory: 8}}'],
    [`${AT}.a.memory  is not a size in MiB from 16 to 134217728  write a whole number from 16 to 134217728`],
  ],
  [
    ['services: {a: {restart: sometimes}}'],
    [`${AT}.a.restart  is none of the allowed values  write one of: always, on-failure, no`],
  ],
])('refused: %j', (lines, expected) => {
  expect(said(...lines).sort()).toEqual([...expected].sort());
});

import { added, problems } from '../inventory/minimal';
import { envOf, layersIn } from '../renderers/envs';
import { fileOf } from '../renderers/guest-files';

const URL = 'REDIS_URL=unix:///run/redis/redis-server.sock';
const DEBIANS = ['include /etc/redis/redis.conf', 'port 0', 'unixsocket /run/redis/redis-server.sock'];

/** A unit of it. */
const SERVICE: Record<string, string> = {
  node: 'backend_port: 3001',
  python: 'service_start: python -m pote.api',
};

describe.each(['node', 'python'])('Redis of an application of the kind %s', (kind) => {
  test.each<[string, string[]]>([
    ['redis: true', ['maxmemory-policy noeviction', 'appendonly no']],
    [
      'redis: {maxmemory: 64, maxmemory_policy: allkeys-lru, persistence: off}',
      ['maxmemory 64mb', 'maxmemory-policy allkeys-lru', 'save ""', 'appendonly no'],
    ],
    ['redis: {persistence: log}', ['maxmemory-policy noeviction', 'save ""', 'appendonly yes']],
  ])('%s: its settings, and where the application finds it', (line, own) => {
    const project = `app_type: ${kind}\n${line}`;
    expect(fileOf('/etc/pvestack/redis.conf', project).slice(1)).toEqual([
      ...DEBIANS,
      'unixsocketperm 660',
      ...own,
    ]);
    const common = fileOf('app-.service.d/common.conf', `${project}\n${SERVICE[kind]}`);
    expect(common).toContain(`Environment=${URL}`);
    expect(common).toContain('After=network-online.target redis-server.service');
    expect(fileOf('/etc/pvestack/deploy.conf', project).join('\n')).toContain(URL);
  });
});

test.each(['redis: false', 'app_type: node'])('%s: no Redis', (line) => {
  const layers = layersIn(envOf({ project: line }));
  expect(layers.map(({ name }) => name)).toEqual(['kit', 'base_os', 'app', 'release']);
  expect(JSON.stringify(layers)).not.toMatch(/redis/i);
});

test.each([
  [
    'redis: {maxmemory: 64MB}',
    '3:13  app_projects.pote.redis.maxmemory  is a text, not a number  write 64, without quotes; it counts MiB',
  ],
  [
    'redis: {persistence: sometimes}',
    '3:13  app_projects.pote.redis.persistence  is none of the allowed values  write one of: snapshots, log, off',
  ],
  [
    'redis: 6379',
    '3:5  app_projects.pote.redis  is neither a map nor true or false  write true, its keys (docs/inventory.md), or false',
  ],
])('%s is refused', (line, expected) => {
  const found = problems(added('project', line)).map((each) => each.replace(/^inventory\.yml:/, ''));
  expect(found).toEqual([expected]);
});

import * as z from 'zod';
import { bool, filled, key, message, whole } from '../inventory/schema/fields';
import { defineFeature } from '../renderers/contribution';
import { rootFile } from '../renderers/layers/layer';
import { CONFIG, unitPath } from '../renderers/layers/paths';
import { renderGuestLines } from '../renderers/lines';

/** Where it listens, and nowhere else. */
const SOCKET = '/run/redis/redis-server.sock';

/** What Redis does where its memory is full. Source: redis.conf(5), maxmemory-policy. */
const POLICIES = [
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
] as const;

const schema = z.strictObject({
  maxmemory: key(whole(1, 134_217_728, 'size in MiB'), {
    description: 'MiB that its data may take.',
    otherwise: 'no limit but that of the guest',
  }),
  maxmemory_policy: filled(z.enum(POLICIES), {
    description:
      'What happens when they are full, in the words of Redis. noeviction: what would add to them fails. A cache wants allkeys-lru.',
    default: 'noeviction',
  }),
  persistence: filled(z.enum(['snapshots', 'log', 'off']), {
    description:
      "What a restart leaves of the data, in /var/lib/redis. snapshots: Debian's, some minutes old at most. log: all but the last second, and the guest's data is kept (`data: keep`). off: nothing.",
    default: 'snapshots',
  }),
});

/** Redis beside an application. */
type Redis = z.output<typeof schema>;

/** Debian's Redis, for this guest's application only, by a socket. */
export const redis = defineFeature({
  name: 'redis',
  order: 5,

  keys: {
    redis: key(
      z.union([schema, bool()], {
        error: message(
          'is neither a map nor true or false',
          'write true, its keys (docs/inventory.md), or false',
        ),
      }),
      {
        description: 'Redis on the guest, by a socket for the application only; its keys, or `true`.',
        otherwise: '`false`',
      },
    ),
  },

  resolve(scope): Redis | undefined {
    const value = scope.maybe('redis');
    if (value === undefined || value === false) return undefined;
    return value === true ? schema.parse({}) : value;
  },

  holdsData(scope) {
    const value = scope.maybe('redis');
    return typeof value === 'object' && value.persistence === 'log';
  },

  contribution(settings, _env, source) {
    if (!settings) return {};
    // Builds see the address as they see the database's, and no socket: theirs is an empty /run.
    const client = [['REDIS_URL', `unix://${SOCKET}`]] as const;
    const config = `${CONFIG}/redis.conf`;
    const { maxmemory = '', maxmemory_policy: policy, persistence } = settings;
    const data = { maxmemory, policy, persistence, config, socket: SOCKET };
    return {
      environment: client,
      buildEnvironment: client,
      after: ['redis-server.service'],
      layers: [
        {
          name: 'redis',
          lists: { packages: ['redis-server'] },
          files: [
            rootFile(config, renderGuestLines(source, 'redis/redis.conf.ejs', data)),
            rootFile(
              unitPath('redis-server.service.d/pvestack.conf'),
              renderGuestLines(source, 'redis/redis-server.conf.ejs', data),
            ),
          ],
          secretVariables: [],
        },
      ],
    };
  },
});

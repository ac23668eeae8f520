import type { Env } from '../../inventory/types';
import type { AppType } from './app-type';
import { APP_TYPES } from './registry';

/**
 * The kind of application of an env.
 * @param env the env
 * @returns what it adds to the guest; undefined where nothing is deployed
 */
export function appTypeOf({ app }: Env): AppType | undefined {
  return app.type === 'none' ? undefined : APP_TYPES[app.type];
}

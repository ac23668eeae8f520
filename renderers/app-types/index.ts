import type { Env } from '../../inventory/types';
import type { AppType } from './app-type';
import { node } from './node';
import { python } from './python';

/** The kinds of application, by `app_type`. */
const APP_TYPES: Record<Env['app']['type'], AppType | undefined> = {
  node,
  python,
  none: undefined,
};

/**
 * The kind of application of an env.
 * @param env the env
 * @returns what it adds to the guest; undefined where nothing is deployed
 */
export function appTypeOf(env: Env): AppType | undefined {
  return APP_TYPES[env.app.type];
}

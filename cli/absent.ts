import type { Env } from '../inventory/types';

/**
 * Why a part of a deploy makes no sense for an env that is absent.
 * @param env the env
 * @returns the reason; undefined where it is present
 */
export function absent(env: Env): string | undefined {
  return env.present ? undefined : 'its state is absent in the inventory; pvestack deploy destroys it';
}

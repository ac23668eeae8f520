import type { Env } from '../../inventory/types';
import { toExpression } from '../expression';
import type { Layer } from './layer';

/**
 * One deployed commit: the one that the plan looked up, for the variable `release` or for the head of the branch; where
 * nobody looked what the variable says, or else the head at the time of the deploy.
 * @returns the layer; its token says which
 */
export function release(): Layer {
  return {
    name: 'release',
    variables: { commit: 'try(regex("^[0-9a-f]{40,64}", local.facts.release), var.release)' },
    lists: {},
    files: [],
    secretVariables: [],
  };
}

/**
 * What a plan says where nobody looked at the branch.
 * @param env the env
 * @returns a Terraform expression
 */
export function notLookedAt(env: Env): string {
  const { parts, secret } = env.app.branch;
  return toExpression({ parts: [...parts, ', not looked at'], secret });
}

import type { Env } from '../../inventory/types';
import { toTemplate } from '../expression';
import { literalLines } from '../lines';
import type { Layer } from './layer';
import { DEPLOY_SCRIPT } from './paths';

/**
 * One deployed commit: that of the variable `release`, or else the head of the branch that the plan looked up,
 * or, where nobody looked, the head at the time of the deploy.
 * @returns the layer; its token says which
 */
export function release(): Layer {
  return {
    name: 'release',
    variables: {
      commit: 'var.release != "" ? var.release : try(regex("^[0-9a-f]{40,64}", local.state.release), "")',
    },
    settings: {},
    libraries: ['begin'],
    files: [],
    secrets: [],
    secretVariables: [],
    after: literalLines([`APPSTACK_LOCKED=yes ${DEPLOY_SCRIPT} "$commit"`]),
  };
}

/**
 * What a plan says where nobody looked at the branch.
 * @param env the env
 * @returns a Terraform template
 */
export function notLookedAt(env: Env): string {
  return `${toTemplate(env.app.branch)}, not looked at`;
}

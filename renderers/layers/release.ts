import type { Env } from '../../inventory/types';
import type { Application } from '../application';
import { toExpression, variablesOf } from '../expression';
import { literalLines } from '../lines';
import type { Layer } from './layer';

/**
 * One deployed commit: the one that the plan looked up, for the variable `release` or for the head of the branch; where
 * nobody looked what the variable says, or else the head at the time of the deploy.
 * @param env the env
 * @param app what its kind and its features add
 * @returns the layer; its token says which. Who deploys goes along, for the history on the guest
 */
export function release(env: Env, { builtWith, services }: Application): Layer {
  return {
    name: 'release',
    variables: {
      commit: 'try(regex("^[0-9a-f]{40,64}", local.facts.release), var.release)',
      by: 'data.external.owner.result.by',
    },
    // Its line in a plan: what makes the commit that runs be built again.
    lists: {
      built_with: [
        ...builtWith,
        ...literalLines(
          services.flatMap(({ name, sharedPaths = [] }) =>
            sharedPaths.map((path) => `${name}_shared: ${path}`),
          ),
        ),
      ],
    },
    files: [],
    // Of what only a build sees: the guest builds again where a value is another one, see kit/layers/release.sh.
    secretVariables: variablesOf(env.app.services.flatMap(({ buildEnvVars }) => Object.values(buildEnvVars))),
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

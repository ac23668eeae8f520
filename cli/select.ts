import type { Env } from '../inventory/types';
import { nearest } from '../inventory/validation';
import { UserError } from '../inventory/user-error';

/**
 * The envs that names on the command line mean.
 * @param envs all envs
 * @param names stacks (`app-pote-dev`), projects (`pote`), `project:env` or `all`, `*` standing for anything (`app-*-dev`); none: all
 * @returns the envs, each once, in the inventory's order
 * @throws UserError for an unknown name, with the near ones
 */
export function selectEnvs(envs: readonly Env[], names: readonly string[]): Env[] {
  if (names.length === 0) return [...envs];
  const unknown = names.filter((name) => name !== 'all' && !envs.some((env) => matches(env, name)));
  if (unknown.length > 0) {
    const known = [...new Set(envs.flatMap(({ stack, project }) => [stack, project]))];
    throw new UserError(
      unknown
        .map((name) => {
          const near = nearest(name, known);
          const hint =
            near.length > 0 ? `did you mean ${near.join(', ')}?` : `there are: ${known.join(', ')}`;
          return `"${name}" is no stack and no project: ${hint}`;
        })
        .join('\n'),
    );
  }
  return envs.filter((env) => names.some((name) => name === 'all' || matches(env, name)));
}

/**
 * The one env that a name on the command line means.
 * @param envs all envs
 * @param name a stack, or whatever means one alone
 * @returns the env
 * @throws UserError where it means none or several
 */
export function selectOne(envs: readonly Env[], name: string): Env {
  const found = selectEnvs(envs, [name]);
  const [env] = found;
  if (env && found.length === 1) return env;
  throw new UserError(
    `"${name}" means ${found.length} stacks: name one of ${found.map(({ stack }) => stack).join(', ')}.`,
  );
}

/**
 * Whether a name on the command line means any stack.
 * @param envs all envs
 * @param name a stack, a project, `project:env` or `all`
 * @returns whether it does
 */
export function isName(envs: readonly Env[], name: string): boolean {
  return name === 'all' || envs.some((env) => matches(env, name));
}

function matches({ stack, project, env }: Env, name: string): boolean {
  const parts = name.split('*').map((part) => part.replace(/[^\w:-]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('.*')}$`, 'i');
  return [stack, project, `${project}:${env}`].some((one) => pattern.test(one));
}

import { randomBytes } from 'node:crypto';
import type { Env } from '../../inventory/types';
import { UserError } from '../../inventory/user-error';
import { KIT } from '../../renderers/layers/paths';
import { asRoot } from '../guest/program';
import { call, unreachable } from '../guest/call';
import { knownOf } from '../guest/known';
import { plainLine } from '../guest/plain';
import { valueOf } from '../value';
import { parseReport, type Report } from './report';

/**
 * Asks a guest how it is.
 * @param env whose guest
 * @param control where connections to it are shared
 * @returns the report; of a guest that does not answer as well
 */
export async function ask(env: Env, control?: string): Promise<Report> {
  try {
    return await asked(env, control);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // What keeps one from being asked keeps no other.
    return { stack: env.stack, state: 'dead', why: `was not asked: ${error.message}`, drift: [] };
  }
}

async function asked(env: Env, control: string | undefined): Promise<Report> {
  const mark = `status-${randomBytes(8).toString('hex')}`;
  const { repo, branch } = env.app;
  const input = `${[mark, repo ? valueOf(repo) : '', valueOf(branch)].join('\n')}\n`;
  const program = `${KIT}/status`;
  const none = `read -r mark; echo; echo "$mark none"`;
  // Whose it is stands in the answer.
  const command = asRoot(env, `if [ -x ${program} ]; then exec ${program}; fi\n${none}`, { anybodys: true });
  const { code, stdout, stderr } = await call(env, command, { input, control });
  if (code === 255) return { stack: env.stack, state: 'dead', why: unreachable(env, stderr), drift: [] };
  const report = parseReport({ stack: env.stack, owner: knownOf(env.stack).owner }, mark, stdout);
  if (report) return { ...report, ...(env.app.pin === undefined ? {} : { pinned: env.app.pin }) };
  const said = plainLine(stderr.trim().split('\n').at(-1) ?? '');
  return {
    stack: env.stack,
    state: 'dead',
    why: `gives no answer${said === '' ? '' : `: ${said}`}`,
    drift: [],
  };
}

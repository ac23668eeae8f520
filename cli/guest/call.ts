import { setTimeout as sleep } from 'node:timers/promises';
import type { Env } from '../../inventory/types';
import { connect } from './connection';
import { plainLine } from './plain';

/** How a call of a guest ended. */
interface Called {
  /** 255: there was no way to it. */
  code: number;
  stdout: string;
  stderr: string;
}

/** No answer of a guest is longer. */
const MOST = 256 * 1024;

/**
 * Asks a guest, and takes all that it says. One that says too much or never ends is no better than one that says nothing.
 * @param env whose guest
 * @param command a command line for its shell
 * @param options what it gets as input, where connections are shared, and the seconds in which it has to be through
 * @returns how it ended
 */
export async function call(
  env: Env,
  command: string,
  { input = '', control, limit = 20 }: { input?: string; control?: string; limit?: number } = {},
): Promise<Called> {
  const child = connect(env, command, { control, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const called: Called = { code: 255, stdout: '', stderr: '' };
  // With ssh, which the shell would wait for.
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid);
    } catch {
      // It has ended by itself.
    }
  };
  let resolveEnd: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    resolveEnd = resolve;
  });
  const end = (why: string): void => {
    kill();
    child.stdout?.destroy();
    child.stderr?.destroy();
    called.stderr = why;
    resolveEnd(255);
  };
  process.once('exit', kill);
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    called.stdout += text;
    if (called.stdout.length > MOST) end('it says more than an answer');
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (called.stderr.length < MOST) called.stderr += text;
  });
  child.stdin?.on('error', () => undefined).end(input);
  const over = new AbortController();
  void sleep(limit * 1000, undefined, { signal: over.signal, ref: false })
    .then(() => {
      end(`no answer within ${limit} s`);
    })
    .catch(() => undefined);
  child.on('error', () => {
    resolveEnd(255);
  });
  child.on('close', (code) => {
    resolveEnd(code ?? 255);
  });
  called.code = await ended;
  over.abort();
  process.off('exit', kill);
  return called;
}

/**
 * Why there was no way to a guest, and what to do.
 * @param env whose guest
 * @param stderr what ssh said
 * @returns one line
 */
export function unreachable(env: Env, stderr: string): string {
  const said = plainLine(stderr.trim().split('\n').at(-1) ?? '').replace(/^ssh: /, '');
  if (/timed out|no answer within/.test(said))
    return `does not answer${/within/.test(said) ? `: ${said}` : ''}`;
  if (/Permission denied/.test(said)) {
    return 'does not let this key in: export TF_VAR_ssh_private_key_file (or TF_VAR_ssh_private_key), as for a deploy';
  }
  // planner/host-key.sh has more words.
  if (said.startsWith('Another host key answers')) {
    return `answers with another host key than the pinned one, and nothing was sent to it: pvestack plan ${env.stack} says what to do`;
  }
  if (said.startsWith('the bastion ')) return `cannot be reached: ${said.replace(/\.$/, '')}`;
  if (/Host key verification failed/.test(said)) {
    return `what answers at ${env.address} has another host key than ssh_host_key says`;
  }
  return said === ''
    ? 'does not answer'
    : `cannot be reached: ${said.replace(/^connect to host \S+ port \d+: /, '')}`;
}

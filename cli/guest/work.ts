import type { Env } from '../../inventory/types';
import { UserError } from '../../inventory/user-error';
import { Ended } from '../ended';
import type { Output } from '../output';
import { unreachable } from './call';
import { connect } from './connection';
import { eachLine } from './lines';
import { plain } from './plain';

/** What people see of what a guest does. */
interface WorkOptions {
  /** A terminal of the guest's, where this is one: what it prints is then its own, as by ssh. */
  interactive?: boolean;
  /** Standard input goes to it. */
  reads?: boolean;
  /** Its output goes to a file or a program as it is, byte for byte. */
  raw?: boolean;
}

/**
 * Has a guest do something, and shows what it prints, as it comes.
 * @param env whose guest
 * @param output where to
 * @param command a command line for its shell; empty: a login
 * @param options what people see of it
 * @throws Ended with the exit code of the command, where it is not 0
 * @throws UserError where there is no way to it
 */
export async function work(
  env: Env,
  output: Output,
  command: string,
  { interactive = false, reads = false, raw = false }: WorkOptions = {},
): Promise<void> {
  const terminal = interactive && process.stdin.isTTY && process.stdout.isTTY;
  const asItIs = terminal || (raw && !process.stdout.isTTY);
  const child = connect(env, command, {
    terminal,
    patience: 5,
    stdio: [reads || terminal ? 'inherit' : 'ignore', asItIs ? 'inherit' : 'pipe', 'pipe'],
  });
  // A terminal's Ctrl-C is the guest's; of anything else it ends the connection, and that ends us.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  if (child.stdout) {
    eachLine(child.stdout, (line) => {
      output.print(plain(line));
    });
  }
  let said = '';
  if (child.stderr) {
    eachLine(child.stderr, (line) => {
      said = `${line}\n`;
      if (
        !/^(ssh: |Connection (closed|to) |.*: Permission denied \(|Host key verification failed)/.test(line)
      ) {
        output.warn(plain(line));
      }
    });
  }
  const code = await new Promise<number>((resolve) => {
    child.on('error', () => {
      resolve(255);
    });
    child.on('close', (status) => {
      resolve(status ?? 130);
    });
  });
  process.off('SIGINT', ignore);
  if (code === 255 && said !== '')
    throw new UserError(`${env.stack} (${env.address}) ${unreachable(env, said)}.`);
  if (code !== 0) throw new Ended(code);
}

import { type ChildProcess, spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Env } from '../../inventory/types';
import { PLANNER } from '../../renderers/programs';
import { temporaryFolder } from '../private';
import { knownOf } from './known';
import { valueOf } from '../value';

/** The program that reaches a guest as terraform and the look do: keys, host checks, bastion. */
const PROGRAM = path.join(PLANNER, 'guest.sh');

/** What else a connection has. */
interface ConnectionOptions {
  /** A terminal of the guest's. */
  terminal?: boolean;
  /** Seconds within which a guest has to answer. @default 2 */
  patience?: number;
  /** A path at which connections are shared. */
  control?: string;
  /** Whether it has a process group of its own, by which all of it can be ended. */
  detached?: boolean;
  stdio: StdioOptions;
}

/**
 * Starts a command on a guest, by SSH.
 * @param env whose guest
 * @param command a command line for its shell; empty: a login
 * @param options what the connection has
 * @returns the process of the connection
 * @throws UserError where a variable that the way there needs is not set
 */
export function connect(
  env: Env,
  command: string,
  { terminal = false, patience = 2, control, detached = false, stdio }: ConnectionOptions,
): ChildProcess {
  return spawn('/bin/sh', [PROGRAM, command], {
    stdio,
    detached,
    env: {
      ...process.env,
      ...wayTo(env),
      CONNECT_TIMEOUT: String(patience),
      TERMINAL: terminal ? 'yes' : '',
      CONTROL: control ?? '',
    },
  });
}

/** What planner/guest.sh reads. */
function wayTo({ stack, address, ssh }: Env): NodeJS.ProcessEnv {
  return {
    ADDRESS: address,
    SSH_USER: valueOf(ssh.user),
    SSH_PORT: ssh.port === 22 ? '' : String(ssh.port),
    HOST_KEY: ssh.hostKey ? valueOf(ssh.hostKey) : '',
    PIN: knownOf(stack).pin ?? '',
    BASTION: ssh.bastion
      ? `${ssh.bastion.port} ${valueOf(ssh.bastion.user)}@${valueOf(ssh.bastion.host)}`
      : '',
    BASTION_KEY: ssh.bastion?.host_key ? valueOf(ssh.bastion.host_key) : '',
    KEY_FILE: process.env['TF_VAR_ssh_private_key_file'] ?? '',
  };
}

/** Connections that are shared by what follows on the same guest. */
export class SharedConnections {
  readonly #folder = temporaryFolder('c');
  readonly #open: string[] = [];

  /** Ends them when the process ends. */
  constructor() {
    process.once('exit', () => {
      for (const socket of this.#sockets()) {
        spawnSync('ssh', ['-F', '/dev/null', '-o', `ControlPath=${socket}`, '-O', 'exit', 'guest'], {
          stdio: 'ignore',
        });
      }
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /**
   * Where those to a guest are shared: in a folder that only this user can enter.
   * @param env whose guest
   * @returns the path of a socket
   */
  of({ stack }: Env): string {
    if (!this.#open.includes(stack)) this.#open.push(stack);
    // The path of a socket has at most 104 bytes.
    return path.join(this.#folder, String(this.#open.indexOf(stack)));
  }

  #sockets(): string[] {
    return readdirSync(this.#folder).map((name) => path.join(this.#folder, name));
  }
}

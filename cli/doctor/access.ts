import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { display } from '../../inventory/text';
import type { Env } from '../../inventory/types';
import { shellQuote } from '../../renderers/shell';
import { eachOf } from '../each-of';
import { temporaryFolder } from '../private';
import type { Listed } from './cluster';
import type { Report } from './finding';
import { execute } from './machine';
import { valueIn } from '../value';

/** A key in PEM or OpenSSH's own form that a passphrase encrypts; the same that a plan refuses. */
const ENCRYPTED = /ENCRYPTED|b3BlbnNzaC1rZXktdjEAAAAA[^B]/;

/**
 * Looks at the SSH key that Terraform logs in with.
 * @param envs the stacks that are configured
 * @param environment variables of terraform
 * @param report takes the findings
 */
export async function checkKey(
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
  report: Report,
): Promise<void> {
  if (envs.length === 0) return;
  const { TF_VAR_ssh_private_key: content, TF_VAR_ssh_private_key_file: named } = environment;
  const file = named?.replace(/^~(?=\/)/, os.homedir());
  if (content === undefined && file === undefined) {
    const agents = envs.filter(({ ssh }) => ssh.agent);
    if (agents.length < envs.length) {
      report.fault(
        'there is no SSH key for the guests',
        'Export TF_VAR_ssh_private_key_file (its path) or TF_VAR_ssh_private_key (its content).',
      );
    } else if (!environment['SSH_AUTH_SOCK']) {
      report.fault(
        'ssh_agent is true, and no SSH agent runs here',
        'Start one (eval "$(ssh-agent)"; ssh-add), or export TF_VAR_ssh_private_key_file.',
      );
    } else {
      const keys = await execute('ssh-add', ['-l'], { timeout: 10_000 }).catch(() => undefined);
      if (keys) report.ok('the SSH agent has keys');
      else report.fault('the SSH agent has no key', 'Run ssh-add.');
    }
    return;
  }
  if (content === undefined && file !== undefined && !existsSync(file)) {
    report.fault(
      `TF_VAR_ssh_private_key_file names ${file}, which is not there`,
      'Write the path of a private key, absolute or with ~.',
    );
    return;
  }
  const folder = temporaryFolder('key');
  try {
    const key = content ?? readFileSync(file ?? '', 'utf8');
    if (!/-----BEGIN [A-Z0-9 ]+-----/.test(key))
      report.fault('the SSH key is not a private key', 'Give the private half, with all its lines.');
    else if (ENCRYPTED.test(key))
      report.fault(
        'the SSH key is encrypted, and Terraform cannot ask for its passphrase',
        "Use a copy without one (ssh-keygen -p -N '' -f copy), or ssh_agent: true.",
      );
    else {
      const copy = path.join(folder, 'key');
      writeFileSync(copy, `${key.trim()}\n`, { mode: 0o600 });
      const { stdout } = await execute('ssh-keygen', ['-y', '-P', '', '-f', copy], { timeout: 10_000 });
      const [type = '', body = ''] = stdout.split(' ');
      const strangers = envs.filter(
        ({ ssh }) => !ssh.publicKeys.some((one) => display(one).includes(`${type} ${body.trim()}`)),
      );
      if (strangers.length === 0) report.ok('the SSH key is one of ssh_public_keys');
      else
        report.note(
          `the SSH key is not among the ssh_public_keys of ${strangers.map(({ stack }) => stack).join(', ')}`,
          'New guests let in only those that the inventory lists: add its public half.',
        );
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    report.fault(`the SSH key cannot be read (${code})`, 'Look at the file and at who may read it.');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Knocks at the guests that run.
 * @param envs the stacks that are configured
 * @param listed the guests of the cluster
 * @param report takes the findings
 */
export async function checkReachable(
  envs: readonly Env[],
  listed: readonly Listed[],
  report: Report,
): Promise<void> {
  const running = envs.filter(({ vmid, stack, guest }) => {
    const found = listed.find((one) => one.vmid === vmid);
    return (
      guest.type === 'external' ||
      (found?.status === 'running' && found.tags?.split(';').includes(stack.toLowerCase()))
    );
  });
  await eachOf(running, 16, async ({ stack, address, ssh }) => {
    if (ssh.bastion) {
      report.note(`${stack}: its bastion was not tried`, 'A plan goes through it.');
      return;
    }
    const failure = await knock(address, ssh.port);
    if (failure === undefined) report.ok(`${stack}: SSH answers at ${address}`);
    else
      report.fault(
        `${stack}: SSH does not answer at ${address}, port ${ssh.port} (${failure})`,
        'Is sshd running there, and does a firewall stand between? See the console in Proxmox.',
      );
  });
}

/** The greeting of an SSH server, within two seconds; what is wrong otherwise. */
function knock(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (failure?: string): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.setTimeout(2000, () => {
      end('no answer within 2 s');
    });
    socket.on('error', ({ message, code }: NodeJS.ErrnoException) => {
      end(code ?? message);
    });
    socket.once('data', (data) => {
      end(data.toString('latin1').startsWith('SSH-') ? undefined : 'another program answers there');
    });
  });
}

/**
 * Asks the repositories for the branches of the stacks, with their deploy keys. From here: the guest itself asks from
 * where it is.
 * @param envs the stacks that deploy an application
 * @param environment variables of terraform
 * @param report takes the findings
 */
export async function checkRepositories(
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
  report: Report,
): Promise<void> {
  const asked = new Map<string, Promise<string | Set<string>>>();
  await eachOf(envs, 4, async ({ stack, app }) => {
    const repo = app.repo && valueIn(app.repo, environment);
    const branch = valueIn(app.branch, environment);
    if (repo === undefined || branch === undefined) return;
    const key = app.deployKey && valueIn(app.deployKey, environment);
    if (app.deployKey && key === undefined) {
      report.note(
        `${stack}: its repository was not asked, because the deploy key is not in this environment`,
        'Export it.',
      );
      return;
    }
    const hosts = app.knownHosts.map((host) => valueIn(host, environment) ?? '');
    const id = JSON.stringify([repo, key, hosts]);
    let answer = asked.get(id);
    if (!answer) asked.set(id, (answer = branchesOf(repo, key, hosts)));
    const branches = await answer;
    if (typeof branches === 'string') {
      report.fault(
        `${stack}: the repository ${withoutPassword(repo)} is not read from here: ${withoutPassword(branches).replace(/\.$/, '')}`,
        app.deployKey
          ? 'Is its deploy key the right one, and allowed there?'
          : 'Does it need git_deploy_key?',
      );
    } else if (!branches.has(branch)) {
      report.fault(
        `${stack}: ${withoutPassword(repo)} has no branch ${branch}`,
        'Push it, or write another branch.',
      );
    } else report.ok(`${stack}: the branch ${branch} of ${withoutPassword(repo)} is there`);
  });
}

async function branchesOf(
  repo: string,
  key: string | undefined,
  knownHosts: readonly string[],
): Promise<string | Set<string>> {
  const folder = temporaryFolder('git');
  try {
    const [keyFile, hostsFile] = [path.join(folder, 'key'), path.join(folder, 'known_hosts')];
    writeFileSync(hostsFile, `${knownHosts.join('\n')}\n`);
    if (key !== undefined) writeFileSync(keyFile, `${key.trim()}\n`, { mode: 0o600 });
    const ssh = [
      'ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=5',
      `-o UserKnownHostsFile=${shellQuote(hostsFile)}`,
      `-o StrictHostKeyChecking=${knownHosts.length > 0 ? 'yes' : 'accept-new'}`,
      ...(key === undefined ? [] : [`-o IdentitiesOnly=yes -o IdentityAgent=none -i ${shellQuote(keyFile)}`]),
    ].join(' ');
    const { stdout } = await execute('git', ['ls-remote', '--heads', '--', repo], {
      cwd: folder,
      timeout: 15_000,
      maxBuffer: 32 * 1024 * 1024,
      env: {
        ...process.env,
        GIT_SSH_COMMAND: ssh,
        GIT_TERMINAL_PROMPT: '0',
        GIT_ASKPASS: 'true',
        // What a variable brings is no command of ours.
        GIT_ALLOW_PROTOCOL: 'http:https:ssh:git',
      },
    });
    return new Set([...stdout.matchAll(/\trefs\/heads\/(\S+)$/gm)].map(([, name = '']) => name));
  } catch (error) {
    const {
      stderr = '',
      killed,
      code,
    } = error as { stderr?: string; killed?: boolean; code?: string | number };
    if (code === 'ENOENT') return 'git is not on PATH';
    if (killed) return 'no answer within 15 s';
    return stderr.trim().split('\n').slice(0, 2).join(' ').slice(0, 200) || `git ended with ${String(code)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const withoutPassword = (url: string): string => url.replace(/:\/\/[^/@\s]*@/g, '://');

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Requirement } from './requirements';
import { runCommand } from './workspace';

/** The Python that Ansible runs its modules with on this machine; `requests` is what proxmoxer talks with. */
const PROBE = "{{ ansible_playbook_python }} -c 'import proxmoxer, requests'";

/** `pip install ansible proxmoxer requests`, or ansible-core with the collection. */
export const ansibleProxmox: Requirement = {
  name: 'Ansible with community.proxmox, proxmoxer and requests',
  met: () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ansible-'));
    const env = ansibleEnvironment(folder);
    try {
      const module = 'community.proxmox.proxmox';
      const doc = execFileSync('ansible-doc', ['--type', 'module', '--json', module], {
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      // Of a module that is not there some versions say {}, and that all is well.
      if (!doc.includes(`"${module}"`)) return false;
      execFileSync('ansible', ['localhost', '-m', 'ansible.builtin.command', '-a', PROBE], {
        env,
        stdio: 'ignore',
      });
      return true;
    } catch {
      return false;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** One task: its module of community.proxmox (without the prefix) and its arguments. */
export type Task = readonly [module: string, args: Readonly<Record<string, unknown>>];

/** What a task registered. */
export interface TaskResult {
  failed: boolean;
  changed: boolean;
  msg: string;
  /** Of proxmox_vm_info. */
  proxmox_vms?: (Record<string, unknown> & { config?: Record<string, unknown> })[];
  [key: string]: unknown;
}

/** Ansible's environment: nothing outside of the folder, no decoration. */
export function ansibleEnvironment(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_LOCAL_TEMP: path.join(folder, 'local'),
    ANSIBLE_REMOTE_TEMP: path.join(folder, 'remote'),
    ANSIBLE_REMOTE_TMP: path.join(folder, 'remote'),
    ANSIBLE_PIPELINING: '1',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_NOCOWS: '1',
    ANSIBLE_LOCALHOST_WARNING: '0',
    ANSIBLE_INVENTORY_UNPARSED_WARNING: '0',
  };
}

/**
 * Runs tasks one after the other on localhost, each whatever came of the one before.
 * @param folder for the playbook and its results
 * @param certFile the certificate of the API
 * @param defaults arguments of every task: how the API is reached
 * @param tasks what to do
 * @returns what each registered
 * @throws Error with Ansible's output where it did not come to the end
 */
export async function runTasks(
  folder: string,
  certFile: string,
  defaults: Readonly<Record<string, unknown>>,
  tasks: readonly Task[],
): Promise<TaskResult[]> {
  const names = tasks.map((_task, index) => `result_${index}`);
  const results = path.join(folder, 'results.json');
  const playbook = path.join(folder, 'playbook.json');
  rmSync(results, { force: true });
  const play = {
    hosts: 'localhost',
    connection: 'local',
    gather_facts: false,
    tasks: [
      ...tasks.map(([module, args], index) => ({
        [`community.proxmox.${module}`]: { ...defaults, ...args },
        register: names[index],
        ignore_errors: true,
      })),
      {
        'ansible.builtin.copy': {
          dest: results,
          mode: '0600',
          content: `{{ [${names.join(', ')}] | to_json }}`,
        },
      },
    ],
  };
  writeFileSync(playbook, JSON.stringify([play]), { mode: 0o600 });
  const { output } = await runCommand('ansible-playbook', [playbook], {
    cwd: folder,
    env: { ...ansibleEnvironment(folder), REQUESTS_CA_BUNDLE: certFile },
  });
  if (!existsSync(results)) throw new Error(output);
  return JSON.parse(readFileSync(results, 'utf8')) as TaskResult[];
}

import { readInventory, type LoadOptions } from '../../inventory/load';
import { formatProblem, InventoryError } from '../../inventory/problem';
import type { Env, Inventory } from '../../inventory/types';
import * as registry from '../../registry';

/** The smallest inventory without errors and warnings: one container. Tests count lines and columns in it. */
export const MINIMAL = `app_projects:
  pote:
    repo: git@git.example.lan:team/pote.git
    envs:
      dev:
        name: pote-dev
        vmid: 201
        ip: 10.0.10.101/24
        gateway: 10.0.10.1
        branch: dev
ssh_public_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan]
`;

/** Where a line is added to the minimal inventory, and how far it is indented. */
const PLACES = {
  /** Line 1. */
  top: { before: 'app_projects:', indent: '' },
  /** Line 3. */
  project: { before: '    repo:', indent: '    ' },
  /** Line 6. */
  env: { before: '        name:', indent: '        ' },
};

/**
 * The minimal inventory with one text of it replaced.
 * @param from what is replaced; must occur exactly once
 * @param to what comes in its place
 * @returns the text
 */
export function changed(from: string, to: string): string {
  const parts = MINIMAL.split(from);
  if (parts.length !== 2) throw new Error(`${from} does not occur exactly once`);
  return parts.join(to);
}

/**
 * The minimal inventory with lines added as the first ones of a map.
 * @param place the map: `top` (line 1), `project` (line 3) or `env` (line 6)
 * @param lines the lines, indented as if the map stood at the left border
 * @returns the text
 */
export function added(place: keyof typeof PLACES, ...lines: string[]): string {
  const { before, indent } = PLACES[place];
  const text = lines.map((line) => `${indent}${line}\n`).join('');
  return changed(before, `${text}${before}`);
}

/** What stands in one env of an inventory made by `inventoryOf`. */
export interface EnvLines {
  project?: string;
  env?: string;
  name?: string;
  vmid?: number;
  ip?: string;
  gateway?: string;
  /** Further lines of the env. */
  more?: string[];
}

/**
 * An inventory of several envs, each in a project of its own unless it names the one before it.
 * Each env is 6 lines and its further ones; a project begins with 3 lines.
 * @param envs what stands in them; what is missing is filled in without collisions
 * @returns the text
 */
export function inventoryOf(...envs: EnvLines[]): string {
  const lines = [
    'ssh_public_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan]',
    'app_projects:',
  ];
  let last: string | undefined;
  envs.forEach((item, index) => {
    const project = item.project ?? `p${index}`;
    if (project !== last)
      lines.push(`  ${project}:`, `    repo: https://git.example.lan/app.git`, '    envs:');
    last = project;
    lines.push(
      `      ${item.env ?? 'dev'}:`,
      `        name: ${item.name ?? `guest-${index}`}`,
      `        vmid: ${item.vmid ?? 201 + index}`,
      `        ip: ${item.ip ?? `10.0.10.${101 + index}/24`}`,
      `        gateway: ${item.gateway ?? '10.0.10.1'}`,
      '        branch: main',
      ...(item.more ?? []).map((line) => `        ${line}`),
    );
  });
  return `${lines.join('\n')}\n`;
}

/**
 * Reads an inventory text as the tool does.
 * @param text the text, or its bytes
 * @param options how it is read
 * @returns the inventory
 * @throws InventoryError when it is refused
 */
export function read(text: string | Uint8Array, options: LoadOptions = {}): Inventory {
  return readInventory(
    typeof text === 'string' ? Buffer.from(text) : text,
    'inventory.yml',
    registry,
    options,
  );
}

/**
 * What the tool says about an inventory.
 * @param text the text, or its bytes
 * @param options how it is read
 * @returns the lines of the report without its closing count, of an accepted inventory its warnings
 */
export function problems(text: string | Uint8Array, options: LoadOptions = {}): string[] {
  try {
    return read(text, options).warnings.map((problem) => formatProblem('inventory.yml', problem));
  } catch (error) {
    if (!(error instanceof InventoryError)) throw error;
    return error.message.split('\n').slice(0, -1);
  }
}

/**
 * The only env of an accepted inventory.
 * @param text the text
 * @returns the env, every default filled in
 */
export function onlyEnv(text: string): Env {
  const { envs } = read(text);
  const [env] = envs;
  if (!env || envs.length !== 1) throw new Error(`${envs.length} envs`);
  return env;
}

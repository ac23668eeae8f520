import { readInventory } from '../../inventory/load';
import type { Env, Inventory } from '../../inventory/types';
import * as registry from '../../registry';
import { application } from '../../renderers/application';
import { layersOf } from '../../renderers/layers';
import type { Layer } from '../../renderers/layers/layer';
import { templateSource } from '../../renderers/template-source';

/**
 * Reads an inventory of one project with one env, `pote` and `dev`.
 * @param parts YAML of each level: of the whole, of the project and of the env; lines without indentation
 * @returns the inventory
 */
export function inventoryOf(parts: { top?: string; project?: string; env?: string } = {}): Inventory {
  return readYaml(`${parts.top ?? ''}
app_projects:
  pote:
    repo: git@git.example.lan:team/pote.git
${indent(parts.project, 4)}
    envs:
      dev:
        name: pote-dev
        vmid: 201
        ip: 10.0.10.101/24
        gateway: 10.0.10.1
        branch: dev
${indent(parts.env, 8)}
`);
}

/** The env of such an inventory. */
export function envOf(parts: { top?: string; project?: string; env?: string } = {}): Env {
  return only(inventoryOf(parts));
}

/** The only env of an inventory. */
export function only({ envs }: Inventory): Env {
  const [env, ...others] = envs;
  if (!env || others.length > 0) throw new Error(`${envs.length} envs instead of one`);
  return env;
}

/** Reads a whole inventory. */
export function readYaml(yaml: string): Inventory {
  return readInventory(Buffer.from(yaml), 'inventory.yml', registry);
}

/** The layers of an env, made from this tool's templates. */
export function layersIn(env: Env): Layer[] {
  const source = templateSource([]);
  return layersOf(env, source, application(env, source, registry));
}

function indent(yaml: string | undefined, columns: number): string {
  return (yaml ?? '').replace(/^(?=.)/gm, ' '.repeat(columns));
}

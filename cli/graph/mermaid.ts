import { networksOf } from '../../inventory/free';
import { display } from '../../inventory/text';
import type { Env } from '../../inventory/types';

/**
 * The inventory as a picture, for a README: nodes with their guests, and the networks that these are in.
 * @param envs all envs
 * @returns a flowchart of Mermaid
 */
export function mermaid(envs: readonly Env[]): string {
  const nodes = new Map<string, Env[]>();
  for (const env of envs) {
    const name = env.guest.type === 'external' ? 'elsewhere' : `node ${display(env.node)}`;
    nodes.set(name, [...(nodes.get(name) ?? []), env]);
  }
  const lines = ['flowchart LR'];
  for (const [i, [name, guests]] of [...nodes].entries()) {
    lines.push(`  subgraph node${i}[${label(name)}]`);
    for (const env of guests) {
      const what = env.guest.type === 'external' ? 'external' : `${env.guest.type} ${env.vmid}`;
      lines.push(`    ${env.stack}[${label(env.stack, `${what}, ${env.address}`)}]`);
    }
    lines.push('  end');
  }
  for (const [i, network] of networksOf(envs).entries()) {
    const next = network.next === undefined ? '' : `, next ${network.next}`;
    const id = `network${i}`;
    lines.push(`  ${id}([${label(`${network.network}/${network.prefix}`, `${network.free} free${next}`)}])`);
    for (const { stack } of network.envs) lines.push(`  ${stack} --- ${id}`);
  }
  return lines.join('\n');
}

/** A text of several lines in quotes; Mermaid has entities of its own. */
function label(...lines: string[]): string {
  return `"${lines.map((line) => line.replace(/[&<>"#;]/g, (letter) => `#${letter.charCodeAt(0)};`)).join('<br/>')}"`;
}

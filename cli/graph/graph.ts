import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { openContext } from '../context';
import { exampleText } from '../daily/command';
import type { Output } from '../output';
import { selectEnvs } from '../select';
import { page } from './html';
import { mermaid } from './mermaid';

/**
 * Adds `pvestack graph`.
 * @param program the program
 * @param output where it prints to
 */
export function addGraph(program: Command, output: Output): void {
  program
    .command('graph')
    .description(
      'the inventory as a picture: nodes, networks with free addresses, stacks; for Mermaid, or as a page',
    )
    .argument('[names...]', 'stacks or projects, * for anything; none: all')
    .option('--html <file>', 'one page with a search, which needs nothing else')
    .addHelpText(
      'after',
      exampleText([
        ['pvestack graph', 'for a README, between ```mermaid and ```'],
        ['pvestack graph --html stacks.html', 'a page to open in a browser'],
      ]),
    )
    .action((names: string[], { html }: { html?: string }) => {
      const { inventory } = openContext(output, { deploys: false });
      const envs = selectEnvs(inventory.envs, names);
      if (html === undefined) {
        output.print(mermaid(envs));
        return;
      }
      writeFileSync(html, `${page(envs)}\n`);
      output.print(`${html}: ${envs.length} stacks`);
    });
}

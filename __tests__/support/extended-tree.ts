import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');
const PAGE = readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8');

/** The code that CONTRIBUTING.md shows for a file. @throws Error where it shows none */
export function shown(file: string): string {
  const [block, code = ''] = new RegExp(`^\`\`\`ts\\n// ${file}\\n(.*?)^\`\`\``, 'ms').exec(PAGE) ?? [];
  if (block === undefined) throw new Error(`CONTRIBUTING.md does not show ${file}`);
  return code;
}

/** The files that CONTRIBUTING.md adds: a kind of application and a feature. */
export const FILES = ['kinds/go.ts', 'features/memcached.ts'];

/** A tree as somebody has it who did what CONTRIBUTING.md says, and nothing else. */
export class ExtendedTree {
  /** Its folder. */
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'extended-'));

  constructor() {
    const tree = `bin cdktf.json cli constructs features .gen inventory kinds kit main.ts package.json package-lock.json
    packages planner registry.ts renderers schemas scripts templates tsconfig.json`;
    for (const name of tree.split(/\s+/)) {
      cpSync(path.join(ROOT, name), path.join(this.folder, name), { recursive: true });
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(this.folder, 'node_modules'));
    for (const file of FILES) writeFileSync(path.join(this.folder, file), shown(file));
    appendFileSync(path.join(this.folder, 'registry.ts'), shown('registry.ts'));
  }

  /** Runs pvestack in it, with inventory.yml there. @returns what it printed */
  pvestack(...args: string[]): string {
    const env = { ...process.env, APP_INVENTORY: 'inventory.yml', APP_INVENTORY_ALLOW_OTHER_KEYS: '0' };
    const options = { cwd: this.folder, env, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync(process.execPath, ['bin/pvestack.js', ...args], options);
  }

  /** Synthesizes an inventory. @returns the folder of its stacks */
  synth(inventory: string): string {
    writeFileSync(path.join(this.folder, 'inventory.yml'), inventory);
    this.pvestack('synth');
    return path.join(this.folder, 'cdktf.out/stacks');
  }

  /** Removes the folder. */
  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

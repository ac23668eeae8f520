import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pvestack } from '../../cli/pvestack';
import { readInventory } from '../../inventory/load';
import { InventoryError } from '../../inventory/problem';
import { inventoryReference, REQUIRED_BY_RULES } from '../../inventory/reference-docs';
import { scripts } from '../../package.json';
import * as registry from '../../registry';
import { templateNames } from '../../renderers/template-source';

const root = path.join(__dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'packages/proxmox-emulator/README.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Text outside of fenced code, where links and headings count. */
function prose(markdown: string): string {
  return markdown.replace(/^( *)```[\s\S]*?^\1```/gm, '');
}

/** The anchors of a page's headings, as GitHub and Gitea make them. */
function anchors(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the inventory reference', () => {
  const BLOCK = /(?<=<!-- keys:begin -->\n)[\s\S]*?(?=<!-- keys:end -->)/;

  test('is what the schema says (UPDATE_DOCS=1 writes it)', () => {
    const fresh = `\n${inventoryReference(registry)}\n\n`;
    if (process.env['UPDATE_DOCS'] === '1') {
      const page = read('docs/inventory.md').replace(BLOCK, () => fresh);
      writeFileSync(path.join(root, 'docs/inventory.md'), page);
    }
    expect(BLOCK.exec(read('docs/inventory.md'))?.[0]).toBe(fresh);
  });

  test('says of every key what it means', () => {
    expect(
      inventoryReference(registry)
        .split('\n')
        .filter((line) => /\|\s*\|$/.test(line)),
    ).toEqual([]);
  });

  test('calls required what the rules require', () => {
    const text = 'app_projects: {shop: {repo: "git@git.example.lan:team/shop.git", envs: {dev: {}}}}';
    let missing: string[] = [];
    try {
      readInventory(Buffer.from(text), 'inventory.yml', registry);
    } catch (error) {
      if (!(error instanceof InventoryError)) throw error;
      missing = error.problems
        .filter(({ what }) => what === 'is missing')
        .map((problem) => problem.path.split('.').at(-1) ?? '');
    }
    expect(missing.sort()).toEqual([...REQUIRED_BY_RULES].sort());
  });
});

describe.each(PAGES)('%s', (page) => {
  const markdown = read(page);

  test('links to what exists', () => {
    const broken = [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const linked = file === '' ? page : path.join(path.dirname(page), file);
        if (!existsSync(path.join(root, linked))) return true;
        return anchor !== undefined && !anchors(read(linked)).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  test('names only npm scripts and commands that exist', async () => {
    let help = '';
    const add = (text: string): void => void (help += text);
    await pvestack(['--help'], { print: add, warn: add, color: false });
    const commands = [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    const named = {
      scripts: [...markdown.matchAll(/npm run (?:--silent )?([a-z][a-z0-9:-]*)/g)].map(
        ([, name = '']) => name,
      ),
      commands: [...markdown.matchAll(/(?:npx |`|\$ )pvestack ([a-z]+)/g)].map(([, name = '']) => name),
    };
    expect(named.scripts.filter((name) => !(name in scripts))).toEqual([]);
    expect(named.commands.filter((name) => !commands.includes(name))).toEqual([]);
  });

  test('gives away nothing of the machine that it was written on', () => {
    expect(markdown).not.toMatch(/\/(root|home|work)\//);
  });
});

test('the README begins with the two commands, and both are npm scripts', () => {
  const readme = read('README.md');
  expect(readme).toMatch(/^npm ci && npm run synth\b/m);
  expect(readme).toMatch(/^npm ci && npm test\b/m);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['synth', 'test']));
});

test('docs/teams.md names every template that can be replaced, and says what it is', () => {
  const [, table = ''] = /^## Your own templates$(.*?)^## /ms.exec(read('docs/teams.md')) ?? [];
  const named = [...table.matchAll(/^\| `([^`]+\.ejs)` *\| \w.* \|$/gm)].map(([, name]) => name);
  expect(named).toEqual(templateNames());
});

test('example.auto.tfvars.example holds the variables of the example inventory', () => {
  const wanted = [...read('examples/inventory.yml').matchAll(/\{\{\s*(vault_\w+)/g)]
    .map(([, name]) => name)
    .filter((name) => name !== 'vault_x');
  const given = [...read('example.auto.tfvars.example').matchAll(/^(\w+)\s*=/gm)].map(([, name]) => name);
  expect(given.sort()).toEqual([...new Set(wanted)].sort());
});

test('renovate.json finds the version of the provider in cdktf.json', () => {
  const { customManagers } = JSON.parse(read('renovate.json')) as {
    customManagers: { matchStrings: string[] }[];
  };
  const pattern = customManagers[0]?.matchStrings[0] ?? '';
  expect(new RegExp(pattern).exec(read('cdktf.json'))?.groups).toEqual({
    depName: 'bpg/proxmox',
    currentValue: '0.111.1',
  });
});

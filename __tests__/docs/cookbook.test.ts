import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { problems, read } from '../inventory/minimal';
import { Workspace } from '../support/workspace';

const ROOT = path.join(__dirname, '..', '..');
const PAGE = path.join(ROOT, 'docs/applications.md');
const FOLDER = 'examples/cookbook';
const RECIPES = readdirSync(path.join(ROOT, FOLDER)).sort();
const textOf = (name: string): string => readFileSync(path.join(ROOT, FOLDER, name), 'utf8');

/** The block of the page behind the link to a file. */
const block = (name: string): RegExp =>
  new RegExp(
    `(\\(\\.\\./${FOLDER}/${name.replaceAll('.', '\\.')}\\)[^\\n]*\\n\\n\`\`\`yaml\\n)([^]*?)(\`\`\`)`,
  );

test.each(RECIPES)('%s stands in the page as it lies here (UPDATE_DOCS=1 writes it)', (name) => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page).toMatch(block(name));
  if (process.env['UPDATE_DOCS']) {
    writeFileSync(
      PAGE,
      page.replace(block(name), (_all, before, _text, after) => `${before}${textOf(name)}${after}`),
    );
  }
  expect(block(name).exec(readFileSync(PAGE, 'utf8'))?.[2]).toBe(textOf(name));
});

// Its kind is one's own: extending.test.ts.
const WITHOUT_GO = RECIPES.filter((name) => name !== 'go.yml');

test.each(WITHOUT_GO)('%s is an inventory without problems, and each of its envs a stack', (name) => {
  expect(problems(textOf(name))).toEqual([]);
  const workspace = new Workspace();
  try {
    workspace.synth(textOf(name));
    for (const { stack } of read(textOf(name)).envs) {
      expect(workspace.json(stack)).toContain('/etc/pvestack/steps.sh');
    }
  } finally {
    workspace.remove();
  }
});

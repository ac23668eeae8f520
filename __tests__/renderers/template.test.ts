import { renderLines, type Template, TemplateError } from '../../renderers/template';
import { templateNames, templateSource } from '../../renderers/template-source';
import { TemporaryFolder } from '../support/shell';

const ours =
  (text: string): (() => Template) =>
  () => ({ text, file: 'templates/t.ejs', replaced: false });
const messageOf = (render: () => unknown): string => {
  try {
    render();
  } catch (error) {
    expect(error).toBeInstanceOf(TemplateError);
    return (error as TemplateError).message;
  }
  throw new Error('nothing was thrown');
};

test('renders lines, with quoting and without HTML escapes', () => {
  expect(renderLines(ours('a <%= x %>\n\nq <%= q(x) %>\n'), 't.ejs', { x: '<&>' })).toEqual([
    'a <&>',
    '',
    "q '<&>'",
  ]);
});

test.each<[what: string, text: string, said: string]>([
  ['a name that is none', 'a\n\n<%= foo %>\nb\n', ':3: foo is not defined'],
  [
    'a value that is none',
    'a\n<% for (const x of [1]) { -%>\n<%= x.y.z %>\n<% } -%>\n',
    ":3: Cannot read properties of undefined (reading 'z')",
  ],
  ['an error of its own', '<% throw new Error("no\\n\\nport") %>', ':1: no\n\nport'],
  ['code that cannot be read', 'a\nb\n<%= foo( %>\nc\n', ':3: missing ) after argument list'],
  ['a condition that cannot be read', 'a\n<% if (x { -%>\nb\n<% } -%>\n', ":2: Unexpected token '{'"],
  // Nobody knows which one was meant: the last line.
  ['a block without an end', 'a\n<% if (true) { -%>\nb\nc\n', ':5: a block is opened by { and never closed'],
  ['an end without a block', 'a\n<% } %>\nb\n', ':2: a } closes no block'],
  ['a tag without an end', 'a\n<%% <%= 1 %>\n<%= x\nb\n', ':3: Could not find matching close tag for "<%=".'],
  ['a tag in a tag', 'a\n<%= x\n<%= y %>\n', ':2: Could not find matching close tag for "<%=".'],
])('%s: the file, the line and whose it is', (_what, text, said) => {
  for (const [replaced, whose] of [
    [true, 'your template'],
    [false, "the tool's own template; please report it"],
  ] as const) {
    const file = `${whose.split(' ')[0] ?? ''}/t.ejs`;
    const source = (): Template => ({ text, file, replaced });
    expect(messageOf(() => renderLines(source, 't.ejs', {}))).toBe(`${file}${said} (${whose})`);
  }
});

test('a template is that of the nearest folder, and its mistakes are its own', () => {
  const folder = new TemporaryFolder();
  const [near, far] = [folder.at('near'), folder.at('far')];
  folder.write('near/app/service.ejs', 'near\n<%= foo %>\n');
  folder.write('far/app/service.ejs', 'far\n');
  folder.write('far/app/deploy.conf.ejs', 'far\n');
  const source = templateSource([near, far]);
  expect(messageOf(() => renderLines(source, 'app/service.ejs', {}))).toBe(
    `${near}/app/service.ejs:2: foo is not defined (your template)`,
  );
  expect(renderLines(source, 'app/deploy.conf.ejs', {})).toEqual(['far']);
  expect(messageOf(() => renderLines(source, 'app/common.conf.ejs', {}))).toMatch(
    /^templates\/app\/common\.conf\.ejs:3: \w+ is not defined \(the tool's own template; please report it\)$/,
  );
  // The same text in two places is two templates.
  folder.write('far/jobs/cron.ejs', 'near\n<%= foo %>\n');
  expect(messageOf(() => renderLines(source, 'jobs/cron.ejs', {}))).toContain(`${far}/jobs/cron.ejs:2:`);
  folder.remove();
});

test('a name that no template has is said as it is', () => {
  expect(messageOf(() => renderLines(templateSource([]), 'node/service.ejs', {}))).toBe(
    'there is no template node/service.ejs',
  );
  expect(templateNames()).not.toContain('node/service.ejs');
});

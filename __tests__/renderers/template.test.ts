import { renderLines, TemplateError } from '../../renderers/template';

it('renders lines, with quoting and without HTML escapes', () => {
  expect(renderLines(() => 'a <%= x %>\n\nq <%= q(x) %>\n', 't.ejs', { x: '<&>' })).toEqual([
    'a <&>',
    '',
    "q '<&>'",
  ]);
});

it.each(['<%= missing %>', '<% if ( %>'])('names the template of %s', (text) => {
  const render = (): string[] => renderLines(() => text, 't.ejs', {});
  expect(render).toThrow(TemplateError);
  expect(render).toThrow(/^template t\.ejs cannot be rendered: /);
});

import { escapeLiteral, quote, template, toExpression, toTemplate } from '../../renderers/expression';
import { parseText } from '../../inventory/text';

describe('escapeLiteral', () => {
  it.each([
    ['', ''],
    ['plain', 'plain'],
    ['${x}', '$${x}'],
    ['%{if}', '%%{if}'],
    ['a${b}c%{d}e', 'a$${b}c%%{d}e'],
    ['${${', '$${$${'],
    ['%{%{', '%%{%%{'],
    ['$', '$'],
    ['%', '%'],
    ['$x {y} 100% $(z)', '$x {y} 100% $(z)'],
    ['$ {', '$ {'],
    ['$&$1$`', '$&$1$`'],
    ['{}', '{}'],
    ['"q" \\n \n', '"q" \\n \n'],
  ])('%j becomes %j', (value, expected) => {
    expect(escapeLiteral(value)).toBe(expected);
  });
});

describe('quote', () => {
  it.each([
    ['', '""'],
    ['app-pote-dev', '"app-pote-dev"'],
    ['say "hi"', '"say \\"hi\\""'],
    ['C:\\new', '"C:\\\\new"'],
    ['\\"', '"\\\\\\""'],
    ['a\nb', '"a\\nb"'],
    ['a\r\nb', '"a\\r\\nb"'],
    ['a\tb', '"a\\tb"'],
    ['\\n', '"\\\\n"'],
    ['${x}', '"$${x}"'],
    ['%{x}', '"%%{x}"'],
    ['\\${x}', '"\\\\$${x}"'],
    ["it's", '"it\'s"'],
    ['gr\u00fc\u00df \u{1f980}', '"gr\u00fc\u00df \u{1f980}"'],
  ])('%j becomes %s', (value, expected) => {
    expect(quote(value)).toBe(expected);
  });
});

describe('toTemplate', () => {
  it.each([
    ['', ''],
    ['pve', 'pve'],
    ['{{ vault_x }}', '${var.vault_x}'],
    ["{{ vault_x | default('y') }}", '${var.vault_x}'],
    ['a-{{ vault_x }}-b', 'a-${var.vault_x}-b'],
    ['{{ vault_x }}{{ vault_y }}', '${var.vault_x}${var.vault_y}'],
    ['${a} {{ vault_x }} %{b}', '$${a} ${var.vault_x} %%{b}'],
    ['100%{{ vault_x }}', '100%${var.vault_x}'],
    ['"q" \\ \n', '"q" \\ \n'],
  ])('%j becomes %j', (value, expected) => {
    expect(toTemplate(parseText(value))).toBe(expected);
  });
});

describe('toExpression', () => {
  it.each([
    ['', '""'],
    ['pve', '"pve"'],
    ['{{ vault_x }}', 'var.vault_x'],
    ["{{ vault_x | default('y') }}", 'var.vault_x'],
    ['a-{{ vault_x }}', '"a-${var.vault_x}"'],
    ['{{ vault_x }}{{ vault_y }}', '"${var.vault_x}${var.vault_y}"'],
    ['"${a}"{{ vault_x }}', '"\\"$${a}\\"${var.vault_x}"'],
    ['back\\slash\n{{ vault_x }}%{b}', '"back\\\\slash\\n${var.vault_x}%%{b}"'],
  ])('%j becomes %s', (value, expected) => {
    expect(toExpression(parseText(value))).toBe(expected);
  });
});

describe('template', () => {
  it.each([
    ['var.x', '${var.x}'],
    ['"${var.x}-y"', '${"${var.x}-y"}'],
  ])('%s becomes %s', (expression, expected) => {
    expect(template(expression)).toBe(expected);
  });
});

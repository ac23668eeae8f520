import { writeRelease } from '../../cli/write-release';

const COMMIT = '60b5cd2bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb';

const around = (env: string): string => `# The inventory.
app_projects:
  shop: # a shop
    repo: 'git@git.example.lan:team/shop.git'
    envs:
      qa: {name: "shop-qa",   branch: qa}
${env}
# The end.
`;

test.each([
  [
    'after the branch, whatever comments stand there',
    "      prod:\n        name: 'shop-prod' # named\n        branch: main   # the trunk\n\n        vmid: 303\n",
    `      prod:\n        name: 'shop-prod' # named\n        branch: main   # the trunk\n        release: ${COMMIT}\n\n        vmid: 303\n`,
  ],
  [
    'in the place of another one',
    '      prod:\n        release: "v1.2" # reviewed\n        branch: main\n',
    `      prod:\n        release: ${COMMIT} # reviewed\n        branch: main\n`,
  ],
  [
    'in braces',
    '      prod: {name: shop-prod, branch: main, vmid: 303}\n',
    `      prod: {name: shop-prod, branch: main, release: ${COMMIT}, vmid: 303}\n`,
  ],
  [
    'without a branch, at the end',
    '      prod:\n        name: shop-prod\n        env_vars:\n          A: b\n',
    `      prod:\n        name: shop-prod\n        env_vars:\n          A: b\n        release: ${COMMIT}\n`,
  ],
  [
    'with the line ends of Windows',
    '      prod:\r\n        branch: main\r\n        vmid: 303\r\n',
    `      prod:\r\n        branch: main\r\n        release: ${COMMIT}\r\n        vmid: 303\r\n`,
  ],
])('release is written %s, and nothing else changes', (_where, before, after) => {
  expect(writeRelease(around(before), 'shop', 'prod', COMMIT)).toBe(around(after));
});

test('a commit of digits alone stays a text', () => {
  expect(writeRelease(around('      prod: {branch: main}\n'), 'shop', 'prod', '1234567')).toContain(
    "release: '1234567'",
  );
});

test('an alias is left to a person', () => {
  expect(() =>
    writeRelease(around('      prod: *qa\n').replace('qa: {', 'qa: &qa {'), 'shop', 'prod', COMMIT),
  ).toThrow('shop:prod is an alias of another part of the inventory');
});

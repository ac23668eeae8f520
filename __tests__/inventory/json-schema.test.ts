import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { inventoryJsonSchema } from '../../inventory/json-schema';
import * as registry from '../../registry';
import { added, changed, inventoryOf, MINIMAL, problems } from './minimal';

const ROOT = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** What of a JSON Schema these tests look at. */
interface Node {
  properties?: Record<string, Node>;
  additionalProperties?: Node | false;
  required?: string[];
  description?: string;
  enum?: string[];
  type?: string;
  minimum?: number;
  maximum?: number;
}

const schema: Node = inventoryJsonSchema(registry);
const project = schema.properties?.['app_projects']?.additionalProperties || undefined;
const env = project?.properties?.['envs']?.additionalProperties || undefined;

test('the committed schema is fresh: node bin/pvestack.js schema > schemas/inventory.schema.json', () => {
  expect(read('schemas/inventory.schema.json')).toBe(
    `${JSON.stringify(inventoryJsonSchema(registry), null, 2)}\n`,
  );
});

test('it is draft-07, as yaml-language-server reads it', () => {
  expect(schema).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' });
});

test('it refuses unknown keys at every level', () => {
  expect(schema.additionalProperties).toBe(false);
  expect(project?.additionalProperties).toBe(false);
  expect(env?.additionalProperties).toBe(false);
  expect(env?.properties?.['guest']?.additionalProperties).toBe(false);
});

test('it knows enums, ranges, what is required, and says defaults', () => {
  expect(schema.required).toEqual(['app_projects']);
  expect(project?.required).toEqual(['envs']);
  expect(project?.properties?.['app_type']?.enum).toEqual(['node', 'python', 'none']);
  expect(env?.properties?.['vmid']).toMatchObject({ type: 'integer', minimum: 100, maximum: 999_999_999 });
  expect(env?.properties?.['guest']?.properties?.['cores']?.description).toBe('CPU cores. Default: 2.');
});

test('it holds nothing of ours', () => {
  const text = JSON.stringify(schema);
  expect(text).not.toContain('otherwise');
  expect(text).not.toContain('"secret":');
  expect(text).not.toContain('"editor":');
});

test('every pattern is one for editors that read it as Unicode, too', () => {
  const patterns = [...JSON.stringify(schema).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)];
  expect(patterns.length).toBeGreaterThan(50);
  for (const [, pattern = ''] of patterns) {
    expect(() => new RegExp(JSON.parse(pattern) as string)).not.toThrow();
    expect(() => new RegExp(JSON.parse(pattern) as string, 'u')).not.toThrow();
  }
});

describe('what an editor shows', () => {
  const validate = new Ajv({ allErrors: true, unknownFormats: 'ignore' }).compile(
    inventoryJsonSchema(registry),
  );
  const shows = (text: string): boolean => !validate(parse(text, { merge: true }));
  const env = (from: string, to: string): string => changed(from, to);

  test.each([
    ['the example', read('examples/inventory.yml')],
    ['the smallest inventory', MINIMAL],
    [
      'vault references, Ansible booleans, keys by anchors',
      added(
        'top',
        'proxmox_host: "{{ vault_host }}"',
        'proxmox_token_id: "{{ vault_id }}"',
        'proxmox_token_secret: "{{ vault_secret }}"',
        'proxmox_node: "pve-{{ vault_node }}"',
        'ufw: yes',
        'security_upgrades: Off',
        'backend: {type: http, address: "https://git.example.lan/{stack}"}',
      ),
    ],
  ])('nothing in %s', (_what, text) => {
    expect([problems(text), shows(text), validate.errors]).toEqual([[], false, null]);
  });

  const MISTAKES: readonly [what: string, text: string, shown: boolean][] = [
    ['a misspelt key', added('top', 'pakages: [git]'), true],
    ['a key of another level', added('project', 'vmid: 201'), true],
    ['a host name with capitals and _', env('pote-dev', 'Pote_Dev'), true],
    ['an id with _', env('  pote:', '  pote_a:'), true],
    ['an address without prefix', env('10.0.10.101/24', '10.0.10.101'), true],
    ['an address that is none', env('10.0.10.101/24', '10.0.10.999/24'), true],
    ['a gateway with prefix', env('gateway: 10.0.10.1', 'gateway: 10.0.10.1/24'), true],
    ['a branch with a space', env('branch: dev', 'branch: my branch'), true],
    ['a branch that is a path of a reference', env('branch: dev', 'branch: refs/heads/dev'), true],
    ['a VMID below 100', env('vmid: 201', 'vmid: 99'), true],
    ['memory with a unit', added('top', 'guest: {memory: 2GB}'), true],
    ['a secret in clear', added('top', 'proxmox_user: root@pam', 'proxmox_password: abc'), true],
    [
      'a repository with credentials',
      env('git@git.example.lan:team/pote.git', 'https://u:p@git.example.lan/a'),
      true,
    ],
    ['a public key that is a path', added('top', 'ssh_public_key: ~/.ssh/id_ed25519.pub'), true],
    ['a word for a boolean', added('top', 'ufw: enabled'), true],
    ['a kind that is none', added('project', 'app_type: nodejs'), true],
    ['an env without an address', env('        ip: 10.0.10.101/24\n', ''), true],
    // What needs to know more than one value, or more than a pattern says.
    ['two guests with one VMID', inventoryOf({ vmid: 201 }, { vmid: 201 }), false],
    ['a gateway in another subnet', env('gateway: 10.0.10.1', 'gateway: 10.0.99.1'), false],
    ['a secret in env_vars', added('env', 'env_vars: {DB_PASSWORD: abc}'), false],
    ['a shell line that starts a service', added('project', 'backend_start: cd x && node .'), false],
    ['a key of another kind of application', added('project', 'service_start: x'), false],
    ['Jinja that is no vault reference', added('top', 'proxmox_node: "{{ node }}"'), false],
  ];
  test.each(MISTAKES)('%s', (_what, text, shown) => {
    expect(problems(text).some((line) => !line.includes('warning:'))).toBe(true);
    expect(shows(text)).toBe(shown);
  });
});

test('the example names the schema, and uses only keys that are in it', () => {
  const example = read('examples/inventory.yml');
  expect(example).toMatch(/^# yaml-language-server: \$schema=\.\.\/schemas\/inventory\.schema\.json\n/);
  const known = Object.keys(schema.properties ?? {});
  expect(known).toEqual(expect.arrayContaining(Object.keys(parse(example) as object)));
});

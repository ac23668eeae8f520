import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { inventoryJsonSchema } from '../../inventory/json-schema';
import * as registry from '../../registry';

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

test('it holds no pattern, which a vault reference would not match, and nothing of ours', () => {
  const text = JSON.stringify(schema);
  expect(text).not.toContain('"pattern"');
  expect(text).not.toContain('otherwise');
  expect(text).not.toContain('"secret":');
});

test('the example names the schema, and uses only keys that are in it', () => {
  const example = read('examples/inventory.yml');
  expect(example).toMatch(/^# yaml-language-server: \$schema=\.\.\/schemas\/inventory\.schema\.json\n/);
  const known = Object.keys(schema.properties ?? {});
  expect(known).toEqual(expect.arrayContaining(Object.keys(parse(example) as object)));
});

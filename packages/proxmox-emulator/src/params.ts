import { badParameters } from './errors';

/** A value as it stands in a configuration or an answer. */
export type Value = string | number;

/** How one parameter of an endpoint, or one key of a property string, is declared. */
export interface ParamSpec {
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly optional?: boolean;
  readonly default?: Value;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  readonly pattern?: RegExp;
  /** Returns the complaint about a value, or undefined for a good one. */
  readonly format?: (value: string, name: string) => string | undefined;
}

/** The declared parameters of an endpoint; a key like `net[n]` stands for net0 up to its `count`. */
export type ParamSpecs = Readonly<Record<string, ParamSpec | IndexedSpec>>;

/** A family of numbered parameters (`net0` … `net31`). */
interface IndexedSpec {
  readonly count: number;
  readonly each: ParamSpec;
}

const UNKNOWN = 'property is not defined in schema and the schema does not allow additional properties';
const MISSING = 'property is missing and it is not optional';

/** Optional string. */
export function text(more: Omit<ParamSpec, 'type'> = {}): ParamSpec {
  return { type: 'string', optional: true, ...more };
}

/** Optional integer between the given bounds. */
export function integer(minimum?: number, maximum?: number, more: Omit<ParamSpec, 'type'> = {}): ParamSpec {
  return { type: 'integer', optional: true, minimum, maximum, ...more };
}

/** Optional number between the given bounds; it stays the text that was sent. */
export function decimal(minimum?: number, maximum?: number): ParamSpec {
  return { type: 'number', optional: true, minimum, maximum };
}

/** Optional boolean: 1 or 0. */
export function flag(more: Omit<ParamSpec, 'type'> = {}): ParamSpec {
  return { type: 'boolean', optional: true, ...more };
}

/** Optional choice of the given words. */
export function choice(...words: readonly string[]): ParamSpec {
  return { type: 'string', optional: true, enum: words };
}

/** The same parameter, but it has to be there. */
export function required(spec: ParamSpec): ParamSpec {
  return { ...spec, optional: false };
}

/** `count` numbered parameters of the same kind. */
export function indexed(count: number, each: ParamSpec): IndexedSpec {
  return { count, each };
}

/** Finds the declaration of a parameter, numbered ones included. @returns undefined for an undeclared name */
export function specFor(specs: ParamSpecs, name: string): ParamSpec | undefined {
  const direct = Object.hasOwn(specs, name) ? specs[name] : undefined;
  if (direct) return 'each' in direct ? undefined : direct;
  const match = /^([a-z-]+?)(0|[1-9]\d*)$/.exec(name);
  if (!match) return undefined;
  const family = `${match[1] ?? ''}[n]`;
  const group = Object.hasOwn(specs, family) ? specs[family] : undefined;
  return group && 'each' in group && Number(match[2]) < group.count ? group.each : undefined;
}

/** What is wrong with one value, or undefined. The wording is that of the API. */
function complaint(spec: ParamSpec, value: string, name: string): string | undefined {
  switch (spec.type) {
    case 'boolean':
      if (value !== '0' && value !== '1') return `type check ('boolean') failed - got '${value}'`;
      return undefined;
    case 'integer':
    case 'number': {
      const shape = spec.type === 'integer' ? /^[+-]?\d+$/ : /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
      if (!shape.test(value)) return `type check ('${spec.type}') failed - got '${value}'`;
      const number = Number(value);
      if (spec.minimum !== undefined && number < spec.minimum) {
        return `value must have a minimum value of ${String(spec.minimum)}`;
      }
      if (spec.maximum !== undefined && number > spec.maximum) {
        return `value must have a maximum value of ${String(spec.maximum)}`;
      }
      break;
    }
    case 'string':
      if (spec.minLength !== undefined && value.length < spec.minLength) {
        return `value must be at least ${String(spec.minLength)} characters long`;
      }
      if (spec.maxLength !== undefined && value.length > spec.maxLength) {
        return `value may only be ${String(spec.maxLength)} characters long`;
      }
  }
  const formatError = spec.format?.(value, name);
  if (formatError !== undefined) return `invalid format - ${formatError}`;
  if (spec.pattern && !spec.pattern.test(value)) return 'value does not match the regex pattern';
  if (spec.enum && !spec.enum.includes(value)) {
    return `value '${value}' does not have a value in the enumeration '${spec.enum.join(', ')}'`;
  }
  return undefined;
}

/** The value as Proxmox keeps it: integers and booleans become numbers, decimals stay text. */
function typed(spec: ParamSpec, value: string): Value {
  return spec.type === 'integer' || spec.type === 'boolean' ? Number(value) : value;
}

/**
 * Checks parameters against their declaration.
 * @param specs the declaration.
 * @param raw the parameters as they were sent.
 * @returns every complaint, by parameter, and the typed values with defaults filled in.
 */
export function checkParams(
  specs: ParamSpecs,
  raw: ReadonlyMap<string, string>,
): { errors: Record<string, string>; values: Map<string, Value> } {
  const errors: Record<string, string> = {};
  const values = new Map<string, Value>();
  for (const [name, value] of raw) {
    const spec = specFor(specs, name);
    const wrong = spec ? complaint(spec, value, name) : UNKNOWN;
    if (wrong !== undefined) errors[name] = wrong;
    else if (spec) values.set(name, typed(spec, value));
  }
  for (const [name, spec] of Object.entries(specs)) {
    if ('each' in spec || raw.has(name)) continue;
    if (spec.optional !== true) errors[name] = MISSING;
    else if (spec.default !== undefined) values.set(name, spec.default);
  }
  return { errors, values };
}

/**
 * Like {@link checkParams}, for an endpoint.
 * @returns the typed values
 * @throws ApiError 400 naming every bad parameter
 */
export function verifyParams(specs: ParamSpecs, raw: ReadonlyMap<string, string>): Map<string, Value> {
  const { errors, values } = checkParams(specs, raw);
  if (Object.keys(errors).length > 0) throw badParameters(errors);
  return values;
}

/** Splits a list parameter at commas, semicolons, blanks and NUL (which separates repeated parameters). */
export function splitList(value: string): string[] {
  return value.split(/[,;\s\0]+/).filter((part) => part !== '');
}

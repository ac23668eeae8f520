import type { Path } from './document';
import type { Validation } from './validation';
import { JinjaError, parseText, type Text } from './text';

/** A value and where it stands. */
export interface Found<T> {
  value: T;
  path: Path;
}

/** Maps around a place of the inventory, nearest first: env, project, top. */
export class Scope<T extends object> {
  /**
   * @param levels the maps and where they stand, nearest first
   * @param validation tells which values were refused
   */
  constructor(
    readonly levels: readonly Found<Partial<T>>[],
    private readonly validation: Validation,
  ) {}

  /**
   * The nearest value of a key.
   * @param key the key
   * @returns the value and where it stands, or undefined
   */
  find<K extends keyof T & string>(key: K): Found<NonNullable<T[K]>> | undefined {
    for (const { value, path } of this.levels) {
      const here = value[key];
      if (here !== undefined && here !== null) return { value: here, path: [...path, key] };
    }
    return undefined;
  }

  /** The nearest value of a key, or a default. */
  get<K extends keyof T & string>(key: K, fallback: NonNullable<T[K]>): NonNullable<T[K]> {
    return this.find(key)?.value ?? fallback;
  }

  /** Every value of a key, farthest first, for what is merged rather than overridden. */
  all<K extends keyof T & string>(key: K): Found<NonNullable<T[K]>>[] {
    return this.levels
      .flatMap(({ value, path }) => {
        const here = value[key];
        return here === undefined || here === null ? [] : [{ value: here, path: [...path, key] }];
      })
      .reverse();
  }

  /**
   * The scope of a map within each level, such as `guest`.
   * @param key the map's key
   * @returns its scope
   */
  within<K extends keyof T & string>(key: K): Scope<NonNullable<T[K]> & object> {
    const levels = this.levels.flatMap(({ value, path }) => {
      const here = value[key];
      return typeof here === 'object' && here !== null
        ? [{ value: here as Partial<NonNullable<T[K]> & object>, path: [...path, key] }]
        : [];
    });
    return new Scope<NonNullable<T[K]> & object>(levels, this.validation);
  }

  /** Whether a value of this key was refused at any level, so that its absence means nothing. */
  wasRefused(key: keyof T & string): boolean {
    return this.levels.some(({ path }) => this.validation.isRefused([...path, key]));
  }
}

/**
 * A text of the inventory; one whose Jinja was refused already is taken as literal.
 * @param value the text
 * @param secret whether its references are secrets
 * @returns the text
 */
export function toText(value: string, secret = false): Text {
  try {
    return parseText(value, secret);
  } catch (error) {
    if (error instanceof JinjaError) return { parts: [value], secret };
    throw error;
  }
}

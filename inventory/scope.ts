import type { z } from 'zod';
import type { Path } from './document';
import { defaultOf, type Defaulted } from './schema/fields';
import type { Validation } from './validation';

/** A value and where it stands. */
export interface Found<T> {
  value: T;
  path: Path;
}

/** Declared keys by name. */
export type Keys = Readonly<Record<string, z.ZodType>>;

/** What stands in one map with such keys. */
export type Written<S extends Keys> = { readonly [K in keyof S]?: z.output<S[K]> };

/** The type of a key that is there. */
type ValueOf<S extends Keys, K extends keyof S> = NonNullable<z.output<S[K]>>;

/** The keys that have a default. */
type WithDefault<S extends Keys> = {
  [K in keyof S]: S[K] extends Defaulted<z.ZodType> ? K : never;
}[keyof S];

/** Maps around a place of the inventory, nearest first: env, project, top. */
export class Scope<S extends Keys> {
  /**
   * @param keys what the maps can hold
   * @param levels the maps and where they stand, nearest first
   * @param validation tells which values were refused
   */
  constructor(
    private readonly keys: S,
    readonly levels: readonly Found<Written<S>>[],
    private readonly validation: Validation,
  ) {}

  /**
   * The nearest value of a key.
   * @param key the key
   * @returns the value and where it stands, or undefined; a default stands nowhere
   */
  find<K extends keyof S & string>(key: K): Found<ValueOf<S, K>> | undefined {
    for (const { value, path } of this.levels) {
      const here = value[key];
      if (here !== undefined && here !== null) return { value: here, path: [...path, key] };
    }
    return undefined;
  }

  /** The nearest value of a key, or its default. */
  get<K extends WithDefault<S> & string>(key: K): ValueOf<S, K> {
    return this.find(key)?.value ?? (defaultOf(this.keys[key] as z.ZodType) as ValueOf<S, K>);
  }

  /** The nearest value of a key without a default, or undefined. */
  maybe<K extends Exclude<keyof S, WithDefault<S>> & string>(key: K): ValueOf<S, K> | undefined {
    return this.find(key)?.value;
  }

  /** Every value of a key, farthest first, for what is merged rather than overridden. */
  all<K extends keyof S & string>(key: K): Found<ValueOf<S, K>>[] {
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
   * @param keys what it can hold
   * @returns its scope
   */
  within<I extends Keys>(key: keyof S & string, keys: I): Scope<I> {
    const levels = this.all(key)
      .reverse()
      .map(({ value, path }) => ({ value: value as Written<I>, path }));
    return new Scope(keys, levels, this.validation);
  }

  /**
   * The scopes of maps by name within each level, such as those of `services`.
   * @param key the key of the maps
   * @param keys what each of them can hold
   * @returns by name, those of the farthest level first; none where no level has the key
   */
  named<I extends Keys>(key: keyof S & string, keys: I): Map<string, Scope<I>> {
    const levels = this.all(key).map(({ value, path }) => ({
      value: value as Readonly<Record<string, Written<I>>>,
      path,
    }));
    const names = new Set(levels.flatMap(({ value }) => Object.keys(value)));
    return new Map(
      [...names].map((name) => {
        const own = levels.flatMap(({ value, path }) => {
          const here = value[name];
          return here === undefined ? [] : [{ value: here, path: [...path, name] }];
        });
        return [name, new Scope(keys, own.reverse(), this.validation)];
      }),
    );
  }

  /** Whether a value of this key was refused at any level, so that its absence means nothing. */
  wasRefused(key: keyof S & string): boolean {
    return this.levels.some(({ path }) => this.validation.isRefused([...path, key]));
  }
}

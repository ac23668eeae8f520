import type { appKeys } from './schema/app';
import type { Found, Keys, Scope } from './scope';
import type { Validation } from './validation';

/** What a check of a part sees. */
interface Check<S extends Keys> {
  /** The part's own keys, and those of every application. */
  scope: Scope<S & typeof appKeys>;
  /** The ports that are written for the application's services. */
  ports: readonly Found<number>[];
  /** Takes the problems. */
  validation: Validation;
}

/** A part of an application: what a kind of it or a feature adds to the inventory. */
interface Part<S extends Keys, T> {
  /** Its keys, for projects and envs. No other part has a key of the same name. */
  keys: S;
  /**
   * Its settings, every default filled in.
   * @param scope its own keys, and those of every application
   * @param project the project's id
   * @returns the settings
   */
  resolve(scope: Scope<S & typeof appKeys>, project: string): T;
  /** What the schema alone cannot say. @default nothing */
  check?(check: Check<S>): void;
}

/** A kind of application. */
export interface Kind<S extends Keys, T> extends Part<S, T> {
  /** The ports that are written for services, besides `backend_port`. @default none */
  ports?(scope: Scope<S & typeof appKeys>): readonly (Found<number> | undefined)[];
  /** What to do about keys of other kinds that stand where it is meant. @default removing them */
  instead?: Readonly<Record<string, string>>;
}

/** Something that any kind of application may have. */
export interface Feature<S extends Keys, T> extends Part<S, T> {
  /** Whether it puts data on the guest that must not be lost. @default never */
  holdsData?(scope: Scope<S & typeof appKeys>): boolean;
}

/**
 * Infers the types of a kind of application from its keys.
 * @param kind the kind
 * @returns the same
 */
export function defineKind<S extends Keys, T>(kind: Kind<S, T>): Kind<S, T> {
  return kind;
}

/**
 * Infers the types of a feature from its keys.
 * @param feature the feature
 * @returns the same
 */
export function defineFeature<S extends Keys, T>(feature: Feature<S, T>): Feature<S, T> {
  return feature;
}

/** Parts by name. Each has keys of its own, so that no type fits all but this. */
type Parts = Readonly<Record<string, { keys: Keys }>>;

type Intersection<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void
  ? I
  : never;

/**
 * The keys of all parts.
 * @param parts the parts
 * @returns the keys in one map, in the order of the parts
 */
export function keysOf<P extends Parts>(parts: P): Intersection<P[keyof P]['keys']> {
  return Object.assign({}, ...Object.values(parts).map(({ keys }) => keys)) as Intersection<
    P[keyof P]['keys']
  >;
}

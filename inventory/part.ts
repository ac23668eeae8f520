import type { appKeys } from './schema/app';
import type { Found, Keys, Scope } from './scope';
import type { Services, ServiceSettings } from './services';
import type { Validation } from './validation';

/** What a check of a part sees. */
interface Check<S extends Keys> {
  /** The part's own keys, and those of every application. */
  scope: Scope<S & typeof appKeys>;
  /** The ports that its services listen on, where each is written; a default stands nowhere. */
  ports: readonly Found<number>[];
  /** The application's services, as far as they are not refused. */
  services: readonly ServiceSettings[];
  /** Takes the problems. */
  validation: Validation;
}

/** A part of an application, a kind of it or a feature: its keys, the settings T that come of them, and what it refuses. */
export interface Part<S extends Keys, T> {
  /** No other part has the same; of a kind what `app_type` says. */
  name: string;
  /**
   * Its place among its like, in the reference and on the guest. The first kind is what `app_type` is by default.
   * @default behind those that have one, by name
   */
  order?: number;
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
  /** Of a kind: its services. @default none, and none can be listed */
  services?: Services<S>;
  /** Whether it puts data on the guest that must not be lost. @default never */
  holdsData?(scope: Scope<S & typeof appKeys>): boolean;
  /** Environment variables that it sets, so that `env_vars` may not, each with what to do instead. @default none */
  variables?: Readonly<Record<string, string>>;
  /** Of a kind: what to do about keys of other kinds that stand where it is meant. @default removing them */
  instead?: Readonly<Record<string, string>>;
}

/** A part as those see it who know none by name: its keys and settings are its own matter. */
export type AnyPart = Part<Keys, unknown> & { role: 'kind' | 'feature' };

/** The kinds of application and the features. P is what is known of them. */
export type Registry<P extends AnyPart = AnyPart> = Readonly<Record<string, P>>;

/** The kinds of application, in their order. */
export const kindsOf = <P extends AnyPart>(registry: Registry<P>): P[] => inOrder(registry, 'kind');

/** What any kind of application may have besides, in its order. */
export const featuresOf = <P extends AnyPart>(registry: Registry<P>): P[] => inOrder(registry, 'feature');

function inOrder<P extends AnyPart>(registry: Registry<P>, role: AnyPart['role']): P[] {
  const place = ({ order = Infinity }: P): number => order;
  return Object.values(registry)
    .filter((part) => part.role === role)
    .sort((a, b) => (place(a) === place(b) ? (a.name < b.name ? -1 : 1) : place(a) - place(b)));
}

/**
 * The parts of an application.
 * @param registry the kinds and features that there are
 * @param type its kind; `none` has no parts
 * @returns its kind and all features
 */
export function partsOf<P extends AnyPart>(registry: Registry<P>, type: string): P[] {
  const kind = kindsOf(registry).find(({ name }) => name === type);
  return kind ? [kind, ...featuresOf(registry)] : [];
}

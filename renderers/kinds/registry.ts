import type { Contributor } from '../contribution';
import { node } from './node';
import { python } from './python';

/** The kinds of application, by `app_type`: one line each. The inventory takes the names from here. */
export const KINDS = {
  node,
  python,
} satisfies Record<string, Contributor>;

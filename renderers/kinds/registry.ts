import type { KindName } from '../../inventory/kinds';
import type { Contributor } from '../contribution';
import { node } from './node';
import { python } from './python';

/** What each kind of application (inventory/kinds) adds to a guest: one line each. */
export const KINDS = { node, python } satisfies Record<KindName, Contributor>;

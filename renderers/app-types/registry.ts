import type { KindName } from '../../inventory/kinds';
import type { AppType } from './app-type';
import { node } from './node';
import { python } from './python';

/** The kinds of application, by `app_type` (inventory/kinds): one line each. */
export const APP_TYPES = {
  node,
  python,
} satisfies Record<KindName, AppType>;

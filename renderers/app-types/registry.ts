import type { AppType } from './app-type';
import { node } from './node';
import { python } from './python';

/** The kinds of application, by `app_type`: one line each. The inventory takes the names from here. */
export const APP_TYPES = {
  node,
  python,
} satisfies Record<string, AppType>;

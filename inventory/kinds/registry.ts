import { node } from './node';
import { python } from './python';

/** The kinds of application, by `app_type`: one line each. */
export const KINDS = { node, python };

import { KINDS } from './registry';

/** The name of a kind of application. */
export type KindName = keyof typeof KINDS;

/** What `app_type` may be; `none` is a guest without an application. */
export const APP_TYPES = [...(Object.keys(KINDS) as KindName[]), 'none'] as const;

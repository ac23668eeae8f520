/** What `app_type` may be. */
export const APP_TYPE_NAMES = ['node', 'python', 'none'] as const;

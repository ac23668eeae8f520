/** What somebody has to mend, said so that it needs no stack trace. Every error that is nobody's bug derives from it. */
export class UserError extends Error {}

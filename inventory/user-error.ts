/** A mistake of the user, with a message that says what to do. */
export class UserError extends Error {}

/** A refusal in the shape Proxmox VE gives it: status line, message and, for bad parameters, a map of errors. */
export class ApiError extends Error {
  /**
   * @param status HTTP status of the answer.
   * @param text the message; its first line becomes the reason phrase.
   * @param errors one text per offending parameter.
   * @param emptyBody true for refusals that carry no body (401 without a valid ticket or token).
   */
  constructor(
    readonly status: number,
    readonly text: string,
    readonly errors?: Readonly<Record<string, string>>,
    readonly emptyBody = false,
  ) {
    super(text);
  }

  /** The reason phrase: the first line of the message. */
  get reason(): string {
    return this.text.split('\n')[0] ?? '';
  }
}

/** The 500 that Proxmox answers for anything that fails while it works. @returns an error to throw */
export function failure(text: string): ApiError {
  return new ApiError(500, text);
}

/** `400 Parameter verification failed.` with one text per bad parameter. @returns an error to throw */
export function badParameters(errors: Readonly<Record<string, string>>): ApiError {
  return new ApiError(400, 'Parameter verification failed.', errors);
}

/** `403 Permission check failed`, with the missing privilege in brackets when there is one to name. */
export function forbidden(detail?: string): ApiError {
  return new ApiError(
    403,
    detail === undefined ? 'Permission check failed' : `Permission check failed (${detail})`,
  );
}

/** A 401 without a body, as the API server sends it before any handler runs. */
export function unauthorized(reason: string): ApiError {
  return new ApiError(401, reason, undefined, true);
}

/** The text of whatever was thrown, without a trailing newline. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.text.trimEnd();
  return error instanceof Error ? error.message : String(error);
}

/** Every code that a {@link NighError} can carry. Codes are stable: programs may branch on them. */
export const ERROR_CODES = [
  "ERR_ABORTED",
  "ERR_BELOW_MINIMUM",
  "ERR_BUSY",
  "ERR_CHECKSUM",
  "ERR_CLOSED",
  "ERR_CONNECTION",
  "ERR_DATABASE",
  "ERR_DIMENSION",
  "ERR_DISK_FULL",
  "ERR_EMBEDDER",
  "ERR_EXISTS",
  "ERR_FILE",
  "ERR_INDEX_FORMAT",
  "ERR_INVALID_ARGUMENT",
  "ERR_INVALID_FILTER",
  "ERR_INVALID_TEXT",
  "ERR_MISMATCH",
  "ERR_MODEL_FORMAT",
  "ERR_MODEL_NOT_FOUND",
  "ERR_NOT_FOUND",
  "ERR_NOT_TRAINED",
  "ERR_OUT_OF_MEMORY",
  "ERR_READ_ONLY",
  "ERR_RUNTIME",
  "ERR_SERVER",
  "ERR_UNKNOWN_ID",
  "ERR_UNKNOWN_OPTION",
  "ERR_UNSUPPORTED_MODEL",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * The one error class of nigh. `code` is stable, `message` says what was found, what was expected
 * and what to do, `cause` holds the error underneath where there is one.
 */
export class NighError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "NighError";
    this.code = code;
  }
}

/** The error of an argument. @param message what was found, what was expected, what to do; without the full stop. */
export function invalid(message: string): NighError {
  return new NighError("ERR_INVALID_ARGUMENT", `${message}.`);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

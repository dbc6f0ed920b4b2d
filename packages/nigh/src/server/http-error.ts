import { NighError } from "../shared/errors.js";

/** What a request is answered with when it is not done. */
export class HttpError extends Error {
  readonly status: number;
  /** Chroma's name of the kind of error, by which its Python client chooses an exception. */
  readonly kind: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    kind: string,
    message: string,
    { headers = {}, cause }: { headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.kind = kind;
    this.headers = headers;
  }
}

/** A value that cannot be: 400. */
export function invalidArgument(message: string): HttpError {
  return new HttpError(400, "InvalidArgumentError", message);
}

/** JSON of the wrong shape: 422. */
export function unprocessable(message: string): HttpError {
  return new HttpError(422, "InvalidArgumentError", message);
}

export function notFound(message: string): HttpError {
  return new HttpError(404, "NotFoundError", message);
}

const RETRY_SOON = { "Retry-After": "1" };

/** The answer to anything that was thrown; what is nobody's fault but the server's tells nothing of its inside. */
export function httpErrorOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (!(error instanceof NighError)) {
    return new HttpError(500, "InternalError", "The server failed: its log has more.", {
      cause: error,
    });
  }
  const { code, message } = error;
  const answer = (status: number, kind: string, headers = {}) =>
    new HttpError(status, kind, message, { headers, cause: error });
  switch (code) {
    case "ERR_INVALID_FILTER":
      return new HttpError(400, "InvalidArgumentError", filterMessage(message), { cause: error });
    case "ERR_INVALID_ARGUMENT":
    case "ERR_UNKNOWN_OPTION":
    case "ERR_INVALID_TEXT":
    case "ERR_DIMENSION":
    case "ERR_EMBEDDER":
      return answer(400, "InvalidArgumentError");
    case "ERR_NOT_FOUND":
    case "ERR_MODEL_NOT_FOUND":
      return answer(404, "NotFoundError");
    case "ERR_EXISTS":
      return answer(409, "UniqueConstraintError");
    case "ERR_READ_ONLY":
      return answer(403, "AuthorizationError");
    case "ERR_BUSY":
    case "ERR_CLOSED":
    case "ERR_ABORTED":
      return answer(503, "ChromaError", RETRY_SOON);
    case "ERR_DISK_FULL":
      return answer(507, "ChromaError");
    default:
      return answer(500, "InternalError");
  }
}

/** Chroma's words, by which clients know what it is about. */
function filterMessage(message: string): string {
  const clause = message.startsWith("whereDocument") ? "where document clause" : "where clause";
  return `Invalid ${clause}: ${message}`;
}

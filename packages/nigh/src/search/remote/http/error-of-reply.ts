import { type ErrorCode, NighError } from "../../../shared/errors.js";

/** What a server refused. */
export interface Refusal {
  readonly status: number;
  /** Of the server, or the status's own text. */
  readonly message: string;
  /** What was asked, for messages: "POST http://…/add". */
  readonly request: string;
  /** What was not found, if that is what the server says. */
  readonly missing: string | undefined;
}

const ABOUT_FILTERS = /\b(?:invalid where|where clause|where document|regex)/iu;
const ABOUT_DIMENSIONS = /\bdimension/iu;

/** The error of a reply that is no success. */
export function errorOfReply({ status, message, request, missing }: Refusal): NighError {
  const says = message === "" ? "" : `: ${message.replace(/\.$/u, "")}`;
  const error = (code: ErrorCode, what: string) =>
    new NighError(code, `${what}${says}. (${request}, status ${status})`);
  switch (status) {
    case 401:
    case 403:
      return error(
        "ERR_CONNECTION",
        'The server does not accept this client: give connect() its "token"',
      );
    case 404:
      return error(
        missing === undefined ? "ERR_SERVER" : "ERR_NOT_FOUND",
        missing ?? "The server does not know this route of Chroma's API v2",
      );
    case 409:
      return error("ERR_EXISTS", "It is there already");
    case 400:
    case 413:
    case 422:
      return error(codeOfRefusal(message), "The server refuses what it was given");
    case 429:
      return error("ERR_BUSY", "The server asks to send less");
    default:
      return error("ERR_SERVER", "The server failed");
  }
}

function codeOfRefusal(message: string): ErrorCode {
  if (ABOUT_FILTERS.test(message)) return "ERR_INVALID_FILTER";
  return ABOUT_DIMENSIONS.test(message) ? "ERR_DIMENSION" : "ERR_INVALID_ARGUMENT";
}

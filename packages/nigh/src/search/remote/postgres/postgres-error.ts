import { type ErrorCode, messageOf, NighError } from "../../../shared/errors.js";

/** Codes of Postgres (SQLSTATE) and of Node's sockets. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: "ERR_CONNECTION",
  ECONNRESET: "ERR_CONNECTION",
  ENOTFOUND: "ERR_CONNECTION",
  EPIPE: "ERR_CONNECTION",
  ETIMEDOUT: "ERR_CONNECTION",
  "28000": "ERR_CONNECTION",
  "28P01": "ERR_CONNECTION",
  "3D000": "ERR_CONNECTION",
  "57P01": "ERR_CONNECTION",
  "57P03": "ERR_CONNECTION",
  "53300": "ERR_CONNECTION",
  "23505": "ERR_EXISTS",
  "42P01": "ERR_NOT_FOUND",
  "25006": "ERR_READ_ONLY",
  "40001": "ERR_BUSY",
  "40P01": "ERR_BUSY",
  "55P03": "ERR_BUSY",
  "53100": "ERR_DISK_FULL",
  "53200": "ERR_OUT_OF_MEMORY",
};

/** What pg says, which has no code, when a connection is lost or not made in time. */
const ABOUT_CONNECTIONS = /connection (?:terminated|timeout)|timeout exceeded|SSL/iu;

/** An error of pg's or of a socket as one of nigh's. @param place without a password. */
export function postgresError(error: unknown, place: string): NighError {
  if (error instanceof NighError) return error;
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const state = String((inner as { code?: unknown } | null)?.code ?? "");
  const isConnection = ABOUT_CONNECTIONS.test(messageOf(inner));
  const code = CODES[state] ?? (isConnection ? "ERR_CONNECTION" : "ERR_SERVER");
  const what =
    code === "ERR_CONNECTION"
      ? "Postgres was not reached"
      : code === "ERR_BUSY"
        ? "Postgres is busy with another write, and nothing was changed"
        : "Postgres refuses";
  const detail = state === "" ? "" : ` (${state})`;
  return new NighError(code, `${what} at ${place}: ${messageOf(inner)}${detail}.`, {
    cause: error,
  });
}

import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { checkInteger, checkKeys, checkOneOf, checkTypes } from "../shared/options.js";
import type { ApiToken } from "./operations/authentication.js";
import { isLoopback } from "./operations/same-origin.js";

const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;

export interface ServeOptions {
  /** The folder of the database; made where there is none. */
  readonly path: string;
  /** The address to listen on. Default "127.0.0.1": this machine alone. */
  readonly host?: string | undefined;
  /** 0 for one that is free. Default 8000. */
  readonly port?: number | undefined;
  /** Whoever sends one of them may use the server: `X-Chroma-Token` or `Authorization: Bearer`. Default: none is asked for. */
  readonly tokens?: readonly (string | ApiToken)[] | undefined;
  /** Serve other machines without asking for a token: whoever reaches the port may read, change and delete everything. Default false. */
  readonly allowAnyone?: boolean | undefined;
  /** Whether clients may delete everything by `reset`. Default false. */
  readonly allowReset?: boolean | undefined;
  /** Origins of web pages that may use the server, such as "https://notes.example"; "*" is any. Default: its own only. */
  readonly cors?: readonly string[] | undefined;
  /** Models of `/v1/embeddings`: names or folders. Default: the bundled one. */
  readonly models?: readonly string[] | undefined;
  /** Lines of JSON on stderr. Default "info": one a request. */
  readonly logLevel?: (typeof LOG_LEVELS)[number] | undefined;
  /** Requests that are worked on at a time; others are answered 429. Default 256. */
  readonly maxConcurrent?: number | undefined;
  /** Most bytes of a request's body. Default 40 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** How long a request may take, in milliseconds, from its first byte to the answer. Default 120,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** How long `close` waits for requests that have begun, in milliseconds. Default 30,000. */
  readonly graceMs?: number | undefined;
}

/** Options with all defaults. */
export type ServerSettings = {
  readonly [K in keyof ServeOptions]-?: NonNullable<ServeOptions[K]>;
} & { readonly tokens: readonly ApiToken[] };

const WHERE = "serve";
const MEBIBYTE = 2 ** 20;
const LONGEST_MS = 2 ** 31 - 1;

const KEYS = [
  ...["path", "host", "port", "tokens", "allowAnyone", "allowReset", "cors", "models", "logLevel"],
  ...["maxConcurrent", "maxBodyBytes", "requestTimeoutMs", "graceMs"],
];

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
export function interpretServe(options: ServeOptions): ServerSettings {
  checkKeys(WHERE, options, KEYS);
  const { path, host = "127.0.0.1", allowAnyone = false, allowReset = false } = options;
  checkTypes(
    WHERE,
    { host, allowAnyone, allowReset },
    {
      host: "string",
      allowAnyone: "boolean",
      allowReset: "boolean",
    },
  );
  if (typeof path !== "string" || path === "") {
    throw invalid(`"path" must be the folder of a database, found ${describe(path)}`);
  }
  const tokens = (options.tokens ?? []).map(checkToken);
  if (tokens.length === 0 && !isLoopback(host) && !allowAnyone) {
    throw invalid(
      `on ${host} other machines reach the server: give "tokens" (nigh serve --token), or say allowAnyone (--allow-anyone) if whoever reaches it may read, change and delete everything`,
    );
  }
  const integer = (name: keyof ServeOptions, otherwise: number, min: number, max?: number) =>
    checkInteger(WHERE, name, options[name] ?? otherwise, min, max);
  return {
    path,
    host,
    tokens,
    allowAnyone,
    allowReset,
    port: integer("port", 8000, 0, 65_535),
    cors: checkNames("cors", options.cors ?? []),
    models: checkNames("models", options.models ?? ["all-MiniLM-L6-v2"]),
    logLevel: checkOneOf(WHERE, "logLevel", options.logLevel ?? "info", LOG_LEVELS),
    maxConcurrent: integer("maxConcurrent", 256, 1),
    maxBodyBytes: integer("maxBodyBytes", 40 * MEBIBYTE, 1),
    requestTimeoutMs: integer("requestTimeoutMs", 120_000, 1, LONGEST_MS),
    graceMs: integer("graceMs", 30_000, 0, LONGEST_MS),
  };
}

function checkToken(given: string | ApiToken): ApiToken {
  const token: ApiToken = typeof given === "string" ? { token: given } : given;
  checkKeys(`${WHERE}: tokens`, token, ["token", "readOnly"]);
  checkTypes(`${WHERE}: tokens`, { readOnly: token.readOnly }, { readOnly: "boolean" });
  if (typeof token.token === "string" && /^[\x21-\x7e]+$/u.test(token.token)) return token;
  throw invalid("a token must be a string of visible ASCII characters, not empty");
}

function checkNames(name: string, values: readonly string[]): readonly string[] {
  if (Array.isArray(values) && values.every((value) => typeof value === "string" && value !== "")) {
    return values;
  }
  throw invalid(`"${name}" must be a list of strings, found ${describe(values)}`);
}

function invalid(message: string): NighError {
  return new NighError("ERR_INVALID_ARGUMENT", `${WHERE}: ${message}.`);
}

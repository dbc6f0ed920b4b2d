import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys, checkOneOf, checkTypes } from "../../shared/options.js";
import type { LongText } from "./measure-texts.js";
import { LIMITS, type OpenAIModel, openAIModel } from "./openai-models.js";

export interface OpenAIEmbeddingsOptions {
  /** Default "text-embedding-3-small". */
  model?: string;
  /** Default $OPENAI_API_KEY. Servers other than OpenAI's may need none. */
  apiKey?: string;
  /** Where `/embeddings` is. Default $OPENAI_BASE_URL, else https://api.openai.com/v1. */
  baseURL?: string;
  /** Length of the vectors to ask the server for. Default: the model's own. */
  dimensions?: number;
  /** Default $OPENAI_ORG_ID. */
  organization?: string;
  /** Default $OPENAI_PROJECT_ID. */
  project?: string;
  /** More headers to send; they win over nigh's own. */
  headers?: Readonly<Record<string, string>>;
  /** Texts to put before texts, by name: "query" before queries, "document" before documents. Default: none. */
  prompts?: Readonly<Record<string, string>>;
  /** A text of more tokens than the model reads: "refuse" it (default), or "cut" and count it. */
  longText?: LongText;
  /** Most texts of a request. Default 2,048 for OpenAI's models, else 32. */
  batchSize?: number;
  /** Requests that an `encode` has under way at once. Default 4. */
  concurrency?: number;
  /** How often a request is sent again when that may help. Default 5. */
  maxRetries?: number;
  /** Milliseconds until a request counts as lost, its answer included. Default 60,000. */
  timeout?: number;
}

/** {@link OpenAIEmbeddingsOptions} with the environment's variables and defaults. Holds secrets: it is in no message. */
export interface OpenAISettings {
  readonly model: string;
  readonly known: OpenAIModel | undefined;
  /** Whether OpenAI itself answers, or Azure for it. */
  readonly isOpenAI: boolean;
  /** Without a slash at its end. */
  readonly baseURL: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What no message may hold. */
  readonly secrets: readonly string[];
  readonly hasKey: boolean;
  /** To ask for; undefined for the model's own. */
  readonly dimensions: number | undefined;
  readonly prompts: Readonly<Record<string, string>>;
  readonly longText: LongText;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly maxRetries: number;
  readonly timeout: number;
}

const WHERE = "OpenAIEmbeddings";
const STRINGS = ["model", "apiKey", "baseURL", "organization", "project"] as const;
const OPTIONS = [
  ...STRINGS,
  "dimensions",
  "headers",
  "prompts",
  "longText",
  "batchSize",
  "concurrency",
  "maxRetries",
  "timeout",
];
const DEFAULT_MODEL = "text-embedding-3-small";
const OPENAI = "https://api.openai.com/v1";
const OPENAI_HOSTS = /(?:^|\.)api\.openai\.com$|\.openai\.azure\.com$/u;
/** Vectors are never longer. */
const MOST_DIMENSIONS = 65_536;
/** A timer waits no longer. */
const LONGEST_MS = 2 ** 31 - 1;

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`; `ERR_CONNECTION` where OpenAI's key is missing. */
export function openAISettings(options: OpenAIEmbeddingsOptions): OpenAISettings {
  checkKeys(WHERE, options, OPTIONS);
  // Not checkTypes: it would describe a wrong key.
  for (const name of STRINGS) checkString(name, options[name]);
  const model = options.model ?? DEFAULT_MODEL;
  const known = openAIModel(model);
  const given = options.baseURL ?? variable("OPENAI_BASE_URL");
  const baseURL = given === undefined ? OPENAI : checkBaseURL(given);
  const isOpenAI = OPENAI_HOSTS.test(new URL(baseURL).hostname);
  const key = checkKey(options.apiKey ?? variable("OPENAI_API_KEY"));
  const own = checkHeaders(options.headers ?? {});
  if (isOpenAI && key === undefined && !("authorization" in own) && !("api-key" in own)) {
    throw new NighError(
      "ERR_CONNECTION",
      `${WHERE}: no API key was found: set OPENAI_API_KEY or give "apiKey". For another server, such as Ollama, give its "baseURL" or set OPENAI_BASE_URL, e.g. http://localhost:11434/v1.`,
    );
  }
  const organization = options.organization ?? variable("OPENAI_ORG_ID");
  const project = options.project ?? variable("OPENAI_PROJECT_ID");
  const headers = checkHeaders({
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "nigh",
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(organization === undefined ? {} : { "openai-organization": organization }),
    ...(project === undefined ? {} : { "openai-project": project }),
    ...own,
  });
  const integer = (name: keyof typeof options, otherwise: number, min: number, max: number) =>
    checkInteger(WHERE, name, options[name] ?? otherwise, min, max);
  return {
    model,
    known,
    isOpenAI,
    baseURL,
    headers,
    secrets: secretsOf(key, own),
    hasKey: key !== undefined,
    dimensions: checkDimensions(model, known, options.dimensions),
    prompts: checkPrompts(options.prompts ?? {}),
    longText: checkOneOf(WHERE, "longText", options.longText ?? "refuse", ["refuse", "cut"]),
    batchSize: integer("batchSize", known ? LIMITS.requestTexts : 32, 1, LIMITS.requestTexts),
    concurrency: integer("concurrency", 4, 1, 1000),
    maxRetries: integer("maxRetries", 5, 0, 100),
    timeout: integer("timeout", 60_000, 1, LONGEST_MS),
  };
}

/** The value stands in no message: it may be a key in the wrong place. */
function checkString(name: string, value: unknown): void {
  if (value === undefined || (typeof value === "string" && value.trim() !== "")) return;
  const found = typeof value === "string" ? "an empty one" : `a value of type ${typeof value}`;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: "${name}" must be a string that is not empty, found ${found}.`,
  );
}

function checkDimensions(
  model: string,
  known: OpenAIModel | undefined,
  given: number | undefined,
): number | undefined {
  if (given === undefined) return undefined;
  const dimensions = checkInteger(WHERE, "dimensions", given, 1, MOST_DIMENSIONS);
  if (known === undefined) return dimensions;
  if (dimensions === known.dimension) return undefined;
  if (known.isShortened && dimensions < known.dimension) return dimensions;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: "dimensions" is ${dimensions}, but ${model} has vectors of ${known.dimension}${known.isShortened ? " or less" : ", which it does not shorten: cut them with truncateDim, or take text-embedding-3-small"}.`,
  );
}

function checkBaseURL(text: string): string {
  const refuse = (expected: string): NighError =>
    new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: "baseURL" (or OPENAI_BASE_URL) must be ${expected}.`,
    );
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw refuse("an http or https address, such as http://localhost:11434/v1");
  if (url.username !== "" || url.password !== "")
    throw refuse('without name and password: give "apiKey", or "headers" with authorization');
  if (url.search !== "" || url.hash !== "") throw refuse('without "?" and "#"');
  const path = url.pathname.replace(/\/+$/u, "");
  if (path.endsWith("/embeddings"))
    throw refuse('without "/embeddings" at its end, which is added to it');
  return `${url.origin}${path}`;
}

function checkKey(given: string | undefined): string | undefined {
  const key = given?.trim();
  if (key === undefined || /^[\x21-\x7e]+$/u.test(key)) return key;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: the API key has characters that no key has: copy it again.`,
  );
}

function checkHeaders(given: unknown): Record<string, string> {
  checkRecord("headers", given);
  for (const [name, value] of Object.entries(given)) {
    // RFC 9110: a token, and visible characters with spaces between them.
    if (/^[\w!#$%&'*+.^`|~-]+$/u.test(name) && /^[\x20-\x7e]*$/u.test(value)) continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: the header ${JSON.stringify(name)} cannot be sent: names and values of headers are printable ASCII.`,
    );
  }
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Whatever is short enough to be part of a sentence is no secret. */
function secretsOf(key: string | undefined, headers: Readonly<Record<string, string>>): string[] {
  const parts = Object.values(headers).flatMap((value) => value.split(" "));
  const longest = parts.filter((part) => part.length >= 8);
  return key === undefined || key.length < 4 ? longest : [key, ...longest];
}

function checkPrompts(given: unknown): Readonly<Record<string, string>> {
  checkRecord("prompts", given);
  return { ...given };
}

function checkRecord(name: string, given: unknown): asserts given is Record<string, string> {
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: "${name}" must be an object of strings, found ${describe(given)}.`,
    );
  }
  checkTypes(
    `${WHERE}: ${name}`,
    given,
    Object.fromEntries(Object.keys(given).map((key) => [key, "string"])),
  );
}

/** Empty counts as not set. */
function variable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}

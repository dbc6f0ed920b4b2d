import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys, checkOneOf } from "../../shared/options.js";
import {
  checkBaseURL,
  checkHeaders,
  checkKey,
  checkRecord,
  checkString,
  secretsOf,
  variable,
  WHERE,
} from "./connection-options.js";
import type { OpenAILongText } from "./measure-texts.js";
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
  longText?: OpenAILongText;
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
  readonly longText: OpenAILongText;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly maxRetries: number;
  readonly timeout: number;
}

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

function checkPrompts(given: unknown): Readonly<Record<string, string>> {
  checkRecord("prompts", given);
  return { ...given };
}

import { setTimeout } from "node:timers/promises";
import { abortError, throwIfAborted } from "../../../shared/abort.js";
import { shorten } from "../../../shared/describe.js";
import { messageOf, NighError } from "../../../shared/errors.js";
import { parseExactJson } from "../../../store/exchange/exact-json.js";
import { errorOfReply } from "./error-of-reply.js";
import { ReplyReader } from "./reply-reader.js";

export interface HttpSettings {
  /** Without credentials, without a slash at the end. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /api/v2/. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** Whether it may be sent again when it is not known what became of it. */
  readonly isIdempotent: boolean;
  /** What a 404 says is missing. */
  readonly missing?: string;
}

/** Waits before sending again. */
const WAITS_MS = [100, 400];
const MAY_PASS = [429, 502, 503, 504];

/** Something that may be over soon. */
class Passing extends Error {
  readonly error: NighError;
  /** Whether the server certainly did nothing. */
  readonly isRefused: boolean;

  constructor(error: NighError, isRefused: boolean) {
    super(error.message);
    this.error = error;
    this.isRefused = isRefused;
  }
}

/** Sends requests to a server with Chroma's REST API v2. */
export class ChromaHttp {
  readonly #settings: HttpSettings;
  #isClosed = false;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
  }

  /**
   * @returns the reply's JSON with its numbers as they are written, undefined when it is empty.
   * @throws NighError `ERR_CONNECTION` when the server is not reached or takes too long, `ERR_SERVER` when it fails or gives no JSON,
   * `ERR_ABORTED`, `ERR_CLOSED`, and what the server refuses.
   */
  async send(request: HttpRequest): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#sendOnce(request);
      } catch (error) {
        if (!(error instanceof Passing)) throw error;
        const wait = WAITS_MS[attempt];
        if (wait === undefined || !(request.isIdempotent || error.isRefused)) throw error.error;
        await pause(wait, request.signal);
      }
    }
  }

  /** A reader of replies, which names the request in messages. */
  reader({ method, path }: Pick<HttpRequest, "method" | "path">): ReplyReader {
    return new ReplyReader(`${method} ${this.#url(path)}`);
  }

  close(): void {
    this.#isClosed = true;
  }

  #url(path: string): string {
    return `${this.#settings.base}/api/v2/${path}`;
  }

  async #sendOnce(request: HttpRequest): Promise<unknown> {
    const { method, path, body, signal, missing } = request;
    if (this.#isClosed) throw new NighError("ERR_CLOSED", "The client was closed.");
    throwIfAborted(signal);
    const { headers, timeoutMs } = this.#settings;
    const timeout = AbortSignal.timeout(timeoutMs);
    const named = `${method} ${this.#url(path)}`;
    let status: number;
    let text: string;
    try {
      const reply = await fetch(this.#url(path), {
        method,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body }),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      status = reply.status;
      text = await reply.text();
    } catch (cause) {
      if (signal?.aborted) throw abortError(signal);
      if (timeout.aborted) throw this.#tooLate(named, cause);
      throw new Passing(this.#unreached(named, cause), isRefusedConnection(cause));
    }
    const isSuccess = status >= 200 && status < 300;
    if (!isSuccess) {
      const error = errorOfReply({
        status,
        message: messageOfReply(text),
        request: named,
        missing,
      });
      throw MAY_PASS.includes(status) ? new Passing(error, status === 429) : error;
    }
    return text === "" ? undefined : parsed(named, text);
  }

  #unreached(request: string, cause: unknown): NighError {
    const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
    return new NighError(
      "ERR_CONNECTION",
      `The server at ${this.#settings.base} was not reached: ${messageOf(inner) || codeOf(inner)}. Is it running, and is this its address? (${request})`,
      { cause },
    );
  }

  #tooLate(request: string, cause: unknown): NighError {
    return new NighError(
      "ERR_CONNECTION",
      `The server at ${this.#settings.base} did not answer within ${this.#settings.timeoutMs} ms: connect with a longer "timeoutMs", or send less at a time. (${request})`,
      { cause },
    );
  }
}

function parsed(request: string, text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (cause) {
    throw new NighError(
      "ERR_SERVER",
      `The reply is no JSON: ${JSON.stringify(shorten(text))}. Is this a server with Chroma's API v2? (${request})`,
      { cause },
    );
  }
}

/** Chroma's `{error, message}`, or what a proxy has to say. */
function messageOfReply(text: string): string {
  try {
    const { message, error } = JSON.parse(text) as Record<string, unknown>;
    return String(message ?? error ?? "");
  } catch {
    return text.startsWith("<") ? "" : text.slice(0, 200).trim();
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "no reason given");
}

/** Nothing was sent then. */
function isRefusedConnection(cause: unknown): boolean {
  const inner = cause instanceof Error ? cause.cause : undefined;
  return ["ECONNREFUSED", "ENOTFOUND"].includes(codeOf(inner));
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(ms, undefined, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.aborted) throw abortError(signal);
    throw cause;
  }
}

import { setTimeout as pause } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { abortError, throwIfAborted } from "../../shared/abort.js";
import { messageOf, NighError } from "../../shared/errors.js";
import { formatBytes } from "../../shared/format-bytes.js";
import { withoutSecrets } from "./error-of-answer.js";
import type { OpenAISettings } from "./openai-options.js";
import { type Answer, mayPass, waitBeforeRetry } from "./retry-policy.js";

export interface PostOptions {
  readonly signal: AbortSignal | undefined;
  /** Bytes that an answer may have. */
  readonly maxBytes: number;
}

/** A request that got no answer: sent again, it may get one. */
class Lost extends Error {
  readonly error: NighError;
  /** Whether nothing listens at the address at all. */
  readonly isRefused: boolean;

  constructor(error: NighError, isRefused = false) {
    super(error.message);
    this.error = error;
    this.isRefused = isRefused;
  }
}

/** Sends requests to one server, through the proxies of the environment; again where that may help. */
export class OpenAIHttp {
  readonly #settings: OpenAISettings;
  readonly #closing = new AbortController();
  #undici: Promise<{ request: typeof import("undici").request; agent: Dispatcher }> | undefined;
  /** The server asked all requests to wait until then. */
  #pausedUntil = 0;
  #wasReached = false;

  constructor(settings: OpenAISettings) {
    this.#settings = settings;
  }

  /**
   * The server's answer, whatever it is, with how often it was asked for.
   *
   * @throws NighError `ERR_CONNECTION` when there is none, `ERR_SERVER` for one that is too large, `ERR_ABORTED`, `ERR_CLOSED`.
   */
  async post(body: string, options: PostOptions): Promise<{ answer: Answer; attempts: number }> {
    for (let attempt = 0; ; attempt++) {
      const isLast = attempt === this.#settings.maxRetries;
      let answer: Answer | undefined;
      try {
        await this.#pauseOver(options.signal);
        answer = await this.#postOnce(body, options);
        this.#wasReached = true;
        if (isLast || !mayPass(answer)) return { answer, attempts: attempt + 1 };
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        // An address where nothing has answered yet is most likely a wrong one.
        if (isLast || (error.isRefused && !this.#wasReached)) throw error.error;
      }
      const wait = waitBeforeRetry(attempt, answer);
      if (wait === undefined) return { answer: answer as Answer, attempts: attempt + 1 };
      const isForAll = answer?.status === 429 || answer?.status === 503;
      if (isForAll) this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + wait);
      else await this.#wait(wait, options.signal);
    }
  }

  /** Requests under way fail with `ERR_CLOSED`. */
  async close(): Promise<void> {
    this.#closing.abort();
    const undici = await this.#undici?.catch(() => undefined);
    await undici?.agent.destroy();
  }

  async #pauseOver(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      this.#throwIfStopped(signal);
      const left = this.#pausedUntil - performance.now();
      if (left <= 0) return;
      await this.#wait(left, signal);
    }
  }

  async #wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    const stops = [this.#closing.signal, ...(signal ? [signal] : [])];
    await pause(milliseconds, undefined, { signal: AbortSignal.any(stops) }).catch(() => {
      this.#throwIfStopped(signal);
    });
  }

  #throwIfStopped(signal: AbortSignal | undefined): void {
    if (this.#closing.signal.aborted)
      throw new NighError("ERR_CLOSED", "The embeddings' client was closed.");
    throwIfAborted(signal);
  }

  async #postOnce(body: string, { signal, maxBytes }: PostOptions): Promise<Answer> {
    const { baseURL, headers, timeout } = this.#settings;
    const { request, agent } = await this.#load();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), timeout);
    const stops = [late.signal, this.#closing.signal, ...(signal ? [signal] : [])];
    try {
      const response = await request(`${baseURL}/embeddings`, {
        method: "POST",
        headers,
        body,
        dispatcher: agent,
        signal: AbortSignal.any(stops),
        // The timeout above is for all of it.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of response.body) {
        bytes += (chunk as Buffer).length;
        if (bytes > maxBytes) throw this.#tooLarge(maxBytes);
        chunks.push(chunk as Buffer);
      }
      const text = Buffer.concat(chunks).toString();
      return { status: response.statusCode, headers: singleHeaders(response.headers), text };
    } catch (error) {
      if (error instanceof NighError) throw error;
      this.#throwIfStopped(signal);
      if (signal?.aborted) throw abortError(signal);
      throw late.signal.aborted ? this.#tooLate() : this.#lost(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #tooLarge(maxBytes: number): NighError {
    return new NighError(
      "ERR_SERVER",
      `The server's answer is larger than ${formatBytes(maxBytes)}, more than the vectors that were asked for can need. Is ${this.#settings.baseURL} a server with OpenAI's API?`,
    );
  }

  #tooLate(): Lost {
    const { baseURL, timeout } = this.#settings;
    return new Lost(
      new NighError(
        "ERR_CONNECTION",
        `The server at ${baseURL} did not answer within ${timeout} ms: raise "timeout", or lower "batchSize" so that there is less to do for a request.`,
      ),
    );
  }

  #lost(cause: unknown): Lost {
    const { baseURL, secrets } = this.#settings;
    const { code } = (cause ?? {}) as { code?: unknown };
    const isRefused = code === "ECONNREFUSED" || code === "ENOTFOUND";
    const reason = withoutSecrets(messageOf(cause) || String(code), secrets);
    return new Lost(
      new NighError(
        "ERR_CONNECTION",
        isRefused
          ? `The server at ${baseURL} was not reached: ${reason}. Is it running, and is this its address?`
          : `The connection to ${baseURL} broke: ${reason}. Try again, or look at the network and the server's log.`,
        { cause },
      ),
      isRefused,
    );
  }

  #load() {
    this.#undici ??= import("undici").then(({ request, Agent, EnvHttpProxyAgent }) => ({
      request,
      // A proxy's own localhost is never meant.
      agent: isLoopback(this.#settings.baseURL)
        ? new Agent()
        : new EnvHttpProxyAgent({ proxyTunnel: false }),
    }));
    return this.#undici;
  }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\./u.test(hostname);
}

/** Of headers that come twice, the first. */
function singleHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Answer["headers"] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

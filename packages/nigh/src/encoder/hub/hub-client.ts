import { setTimeout } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { abortError, throwIfAborted } from "../../shared/abort.js";
import { NighError } from "../../shared/errors.js";
import { connectionError, errorOfStatus, waitOf } from "./hub-errors.js";
import type { HubSettings } from "./hub-settings.js";

export type HubResponse = Dispatcher.ResponseData;

/** What a request is for, in messages. */
export interface Asked {
  readonly repoId: string;
  readonly revision: string;
  /** Undefined for the list of files. */
  readonly file: string | undefined;
}

const REDIRECTS = 10;
/** Milliseconds before an attempt is repeated, where the server does not say. */
const WAITS_MS = [200, 800, 2000, 5000];
/** The same as long as nothing has been reached: there may be no network at all. */
const FIRST_WAITS_MS = WAITS_MS.slice(0, 2);
/** A server that asks for more patience is reported, not waited for. */
const LONGEST_WAIT_MS = 60_000;
const MAY_PASS = [408, 429, 500, 502, 503, 504];

/** Waits before an attempt is repeated; throws `last` when it was the last one. */
export class Patience {
  #waits: Iterator<number>;
  readonly #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined, waitsMs: readonly number[] = WAITS_MS) {
    this.#signal = signal;
    this.#waits = waitsMs.values();
  }

  async wait(last: NighError, asked?: number | undefined): Promise<void> {
    const { value: own } = this.#waits.next();
    if (own === undefined || (asked ?? 0) > LONGEST_WAIT_MS) throw last;
    await setTimeout(asked ?? own, undefined, { signal: this.#signal }).catch(() => {
      throwIfAborted(this.#signal);
    });
  }

  /** Bytes arrived: the server is there. */
  renew(): void {
    this.#waits = WAITS_MS.values();
  }
}

/** Requests to a Hub: with the token, through the proxies of the environment, with redirects, repeated where it may help. */
export class HubClient {
  readonly #settings: HubSettings;
  #isReached = false;
  #undici: { dispatcher: Dispatcher; request: typeof import("undici").request } | undefined;

  constructor(settings: HubSettings) {
    this.#settings = settings;
  }

  async close(): Promise<void> {
    await this.#undici?.dispatcher.destroy();
  }

  /** @throws NighError as {@link open} does; `ERR_SERVER` where the answer is no JSON. */
  async json(path: string, asked: Asked): Promise<unknown> {
    const response = await this.open("GET", path, asked);
    const text = await response.body.text().catch((error: unknown) => {
      throw this.#failure(error);
    });
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new NighError(
        "ERR_SERVER",
        `${this.#settings.endpoint}${path} gives no JSON: it does not seem to be a Hugging Face Hub (HF_ENDPOINT, or a proxy on the way).`,
        { cause },
      );
    }
  }

  /**
   * A response of status 200 or 206, repeated with growing waits where the server is busy or fails, or the connection breaks.
   *
   * @param until stops before a redirect whose headers say enough.
   * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_CONNECTION`, `ERR_BUSY`, `ERR_SERVER`, `ERR_ABORTED`.
   */
  async open(
    method: "GET" | "HEAD",
    path: string,
    asked: Asked,
    { headers = {}, until = () => false }: OpenOptions = {},
  ): Promise<HubResponse> {
    const { signal } = this.#settings;
    const beforeAnswer = new Patience(signal, FIRST_WAITS_MS);
    const patience = new Patience(signal);
    for (;;) {
      const response = await this.#follow(method, path, headers, until).catch((error: unknown) =>
        this.#failure(error),
      );
      if (response instanceof NighError) {
        if (response.code !== "ERR_CONNECTION") throw response;
        await (this.#isReached ? patience : beforeAnswer).wait(response);
        continue;
      }
      this.#isReached = true;
      const { statusCode } = response;
      if (statusCode === 200 || statusCode === 206 || until(response)) return response;
      await response.body.dump().catch(() => undefined);
      const error = errorOfStatus(response, asked, this.#settings);
      if (!MAY_PASS.includes(statusCode)) throw error;
      await patience.wait(error, waitOf(response));
    }
  }

  /** What went wrong with a connection or in the middle of a body. */
  #failure(error: unknown): NighError {
    const { signal, endpoint } = this.#settings;
    if (signal?.aborted) return abortError(signal);
    return error instanceof NighError ? error : connectionError(error, endpoint);
  }

  async #follow(
    method: "GET" | "HEAD",
    path: string,
    headers: Readonly<Record<string, string>>,
    until: (response: HubResponse) => boolean,
  ): Promise<HubResponse> {
    const { endpoint, token, signal, idleMs } = this.#settings;
    const { request, dispatcher } = await this.#load();
    const home = new URL(endpoint).origin;
    let url = new URL(`${endpoint}${path}`);
    for (let i = 0; i <= REDIRECTS; i++) {
      // Another host gets no token: its address is signed where it needs to be.
      const isHome = url.origin === home && token !== undefined;
      const response = await request(url, {
        method,
        dispatcher,
        headers: {
          "user-agent": "nigh",
          // Lengths and checksums are those of the file, not of what a server makes of it on the way.
          "accept-encoding": "identity",
          ...headers,
          ...(isHome ? { authorization: `Bearer ${token}` } : {}),
        },
        headersTimeout: idleMs,
        bodyTimeout: idleMs,
        ...(signal === undefined ? {} : { signal }),
      });
      const { location } = response.headers;
      const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode);
      if (!isRedirect || typeof location !== "string" || until(response)) return response;
      await response.body.dump();
      const next = new URL(location, url);
      if (url.protocol === "https:" && next.protocol !== "https:") {
        throw new NighError(
          "ERR_SERVER",
          `${url.origin} redirects to ${next.origin}, which is not encrypted: that is not followed.`,
        );
      }
      url = next;
    }
    throw new NighError("ERR_SERVER", `${endpoint}${path} redirects more than ${REDIRECTS} times.`);
  }

  async #load() {
    if (this.#undici === undefined) {
      const { EnvHttpProxyAgent, request } = await import("undici");
      const connect = { timeout: this.#settings.idleMs };
      this.#undici = {
        request,
        dispatcher: new EnvHttpProxyAgent({ connect, proxyTunnel: false }),
      };
    }
    return this.#undici;
  }
}

export interface OpenOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly until?: (response: HubResponse) => boolean;
}

import type { ChromaHttp } from "./chroma-http.js";

/** What a server takes. */
export interface Limits {
  readonly maxBatchSize: number;
  readonly takesBase64: boolean;
}

/** Bodies are cut at about so many characters: Chroma's server takes 40 MiB. */
export const MOST_CHARACTERS = 8_000_000;
/** Where a server does not say. */
const FALLBACK = 1000;

/** Asks a server once what it takes. */
export class BatchLimits {
  readonly #http: ChromaHttp;
  #asked: Promise<Limits> | undefined;

  constructor(http: ChromaHttp) {
    this.#http = http;
  }

  get(): Promise<Limits> {
    if (this.#asked === undefined) {
      const asking = this.#ask();
      this.#asked = asking;
      // A failure is not kept: the next call asks again.
      asking.catch(() => {
        this.#asked = undefined;
      });
    }
    return this.#asked;
  }

  async #ask(): Promise<Limits> {
    const request = { method: "GET", path: "pre-flight-checks", isIdempotent: true } as const;
    const reader = this.#http.reader(request);
    const checks = reader.object(await this.#http.send(request), "pre-flight-checks");
    const most = checks.max_batch_size ?? FALLBACK;
    return {
      maxBatchSize: Math.max(1, reader.number(most, "max_batch_size")),
      takesBase64: checks.supports_base64_encoding === true,
    };
  }
}

/** Cuts a list into runs of at most `most` items whose sizes come to about {@link MOST_CHARACTERS} at most. */
export function* batches<T>(
  items: readonly T[],
  most: number,
  sizeOf: (item: T) => number,
): Generator<T[]> {
  let batch: T[] = [];
  let size = 0;
  for (const item of items) {
    const own = sizeOf(item);
    if (batch.length === most || (batch.length > 0 && size + own > MOST_CHARACTERS)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(item);
    size += own;
  }
  if (batch.length > 0) yield batch;
}

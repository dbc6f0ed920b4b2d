import { HttpError } from "../http-error.js";

/** What bodies take of memory while they are read and parsed. */
export interface Hold {
  /** @throws HttpError 413, 429 when so many bytes are too many. */
  check(bytes: number): void;
  /** Takes more bytes. @throws HttpError 413, 429. */
  add(bytes: number): void;
}

export interface AdmissionLimits {
  /** Requests at a time. */
  readonly maxConcurrent: number;
  /** Bytes of one body. */
  readonly maxBodyBytes: number;
  /** Bytes of all bodies that are being read. */
  readonly maxPendingBytes: number;
}

/** Lets in as many requests as the server can hold; others are told to come again. */
export class Admission {
  readonly #limits: AdmissionLimits;
  #running = 0;
  #pendingBytes = 0;
  #onIdle: (() => void) | undefined;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  /** @throws HttpError 429. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limits.maxConcurrent) {
      throw tooMany(`The server works on ${this.#running} requests already.`);
    }
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    }
  }

  /** When no request runs any more. */
  idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Reads a body. */
  async holding<T>(read: (hold: Hold) => Promise<T>): Promise<T> {
    const { maxBodyBytes, maxPendingBytes } = this.#limits;
    let held = 0;
    const check = (bytes: number) => {
      if (held + bytes > maxBodyBytes) {
        throw new HttpError(
          413,
          "InvalidArgumentError",
          `A body may have ${maxBodyBytes} bytes: send less at a time.`,
          { headers: { Connection: "close" } },
        );
      }
      if (this.#pendingBytes + bytes > maxPendingBytes) {
        throw tooMany(`The server is reading ${this.#pendingBytes} bytes of requests already.`);
      }
    };
    try {
      return await read({
        check,
        add: (bytes) => {
          check(bytes);
          held += bytes;
          this.#pendingBytes += bytes;
        },
      });
    } finally {
      this.#pendingBytes -= held;
    }
  }
}

function tooMany(message: string): HttpError {
  return new HttpError(429, "RateLimitError", `${message} Try again.`, {
    headers: { "Retry-After": "1" },
  });
}

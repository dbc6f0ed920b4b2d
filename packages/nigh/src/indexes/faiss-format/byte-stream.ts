import { NighError } from "../../shared/errors.js";

/** Bytes that are read once, in order, each straight into the caller's memory. */
export interface ByteSource {
  /** What messages call it: a path, or "memory". */
  readonly name: string;
  /** All bytes, read or not. */
  readonly size: number;
  /** Bytes read or skipped so far. */
  readonly position: number;
  readonly remaining: number;
  /**
   * Fills `bytes` completely.
   *
   * @throws NighError `ERR_INDEX_FORMAT` when fewer bytes remain, `ERR_FILE` when they cannot be read.
   */
  readInto(bytes: Uint8Array): void;
  /** Moves on without reading. @throws NighError `ERR_INDEX_FORMAT` when fewer bytes remain. */
  skip(count: number): void;
}

/** Takes bytes in order; they may be changed as soon as `write` has returned. */
export interface ByteSink {
  /** @throws NighError `ERR_FILE` when they cannot be written. */
  write(bytes: Uint8Array): void;
}

/** @throws NighError `ERR_INDEX_FORMAT` when fewer than `count` bytes remain. */
export function checkRemaining(source: ByteSource, count: number): void {
  if (count <= source.remaining) return;
  throw new NighError(
    "ERR_INDEX_FORMAT",
    `${source.name} ends after ${source.size} bytes: ${count} more were expected at byte ${source.position}. Write or copy the file again.`,
  );
}

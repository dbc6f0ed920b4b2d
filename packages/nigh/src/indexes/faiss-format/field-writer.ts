import { NighError } from "../../shared/errors.js";
import type { ByteSink } from "./byte-stream.js";
import type { Chunks } from "./stored-index.js";

const AT_ONCE = 4096;

/** Writes FAISS's fields: see FieldReader. */
export class FieldWriter {
  private readonly sink: ByteSink;
  private readonly field = new DataView(new ArrayBuffer(8));

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  code(code: string): void {
    this.sink.write(Uint8Array.from(code, (c) => c.charCodeAt(0)));
  }

  boolean(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  byte(value: number): void {
    this.field.setUint8(0, value);
    this.flush(1);
  }

  int32(value: number): void {
    this.field.setInt32(0, value, true);
    this.flush(4);
  }

  float32(value: number): void {
    this.field.setFloat32(0, value, true);
    this.flush(4);
  }

  int64(value: number): void {
    this.field.setBigInt64(0, BigInt(value), true);
    this.flush(8);
  }

  /** Integers of 0 to 2^53 - 1, without a length. */
  int64s(values: Float64Array): void {
    const halves = new Uint32Array(2 * Math.min(values.length, AT_ONCE));
    for (let start = 0; start < values.length; start += AT_ONCE) {
      const part = values.subarray(start, start + AT_ONCE);
      for (const [i, value] of part.entries()) {
        halves[2 * i] = value;
        halves[2 * i + 1] = value / 2 ** 32;
      }
      this.view(halves.subarray(0, 2 * part.length));
    }
  }

  /** The bytes of a view, without a length. */
  view({ buffer, byteOffset, byteLength }: ArrayBufferView): void {
    this.sink.write(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /**
   * A payload, without a length.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` when it does not have `bytes`.
   */
  payload(what: string, chunks: Chunks, bytes: number): void {
    let written = 0;
    for (const chunk of ArrayBuffer.isView(chunks) ? [chunks] : chunks) {
      written += chunk.byteLength;
      if (written > bytes) break;
      this.view(chunk);
    }
    if (written === bytes) return;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `The ${what} of the index to write must have ${bytes} bytes, found ${written > bytes ? "more" : written}.`,
    );
  }

  private flush(bytes: number): void {
    this.sink.write(new Uint8Array(this.field.buffer, 0, bytes));
  }
}

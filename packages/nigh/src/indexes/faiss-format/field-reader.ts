import { NighError } from "../../shared/errors.js";
import type { ByteSource } from "./byte-stream.js";

const HIGHEST_UPPER_HALF = 2 ** 21 - 1;

/**
 * Reads FAISS's fields: little-endian, one after the other; a list is its length as uint64, then its items. What a
 * length claims is compared with the bytes that remain before anything is allocated.
 *
 * Everything throws NighError `ERR_INDEX_FORMAT` that says which field is wrong; `what` names it.
 */
export class FieldReader {
  readonly source: ByteSource;
  private readonly field = new DataView(new ArrayBuffer(8));

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** Four characters; those outside ASCII come as Latin-1. */
  code(what: string): string {
    const view = this.read(4, what);
    return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(i)));
  }

  boolean(what: string): boolean {
    const byte = this.byte(what);
    if (byte > 1) this.fail(`${what} is ${byte}, 0 or 1 was expected`);
    return byte === 1;
  }

  byte(what: string): number {
    return this.read(1, what).getUint8(0);
  }

  int32(what: string, lowest: number, highest = 2 ** 31 - 1): number {
    const value = this.read(4, what).getInt32(0, true);
    return this.inRange(what, value, lowest, highest);
  }

  float32(what: string): number {
    return this.read(4, what).getFloat32(0, true);
  }

  /** An int64 or uint64 of `lowest` to `highest`, which are exact numbers. */
  int64(what: string, lowest = 0, highest = Number.MAX_SAFE_INTEGER): number {
    const value = this.read(8, what).getBigInt64(0, true);
    if (value < lowest || value > highest) this.inRange(what, value, lowest, highest);
    return Number(value);
  }

  /** The length of a list whose items have `itemBytes` and are all there. */
  length(what: string, itemBytes: number): number {
    const length = this.int64(`the length of ${what}`);
    this.expectItems(what, length, itemBytes);
    return length;
  }

  /** As `length`, when it must be `expected`. */
  exactLength(what: string, itemBytes: number, expected: number, why: string): void {
    const length = this.length(what, itemBytes);
    if (length !== expected) {
      this.fail(`${what}: ${length} were found, ${expected} expected (${why})`);
    }
  }

  int32s(what: string, length: number): Int32Array {
    return this.items(what, length, Int32Array);
  }

  float32s(what: string, length: number): Float32Array {
    return this.items(what, length, Float32Array);
  }

  float64s(what: string, length: number): Float64Array {
    return this.items(what, length, Float64Array);
  }

  /** Int64 or uint64 items of 0 to 2^53 - 1. */
  int64s(what: string, length: number): Float64Array {
    const items = this.float64s(what, length);
    // The halves are turned into numbers in their own place: there may be many millions.
    const halves = new Uint32Array(items.buffer);
    for (let i = 0; i < length; i++) {
      const low = halves[2 * i] ?? 0;
      const high = halves[2 * i + 1] ?? 0;
      if (high > HIGHEST_UPPER_HALF) {
        const found = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
        this.inRange(`${what}, item ${i}`, found, 0, Number.MAX_SAFE_INTEGER);
      }
      items[i] = high * 2 ** 32 + low;
    }
    return items;
  }

  skip(what: string, bytes: number): void {
    this.expectItems(what, 1, bytes);
    this.source.skip(bytes);
  }

  /** Checks that `length` items of `itemBytes` remain. */
  expectItems(what: string, length: number, itemBytes: number): void {
    const { remaining } = this.source;
    if (length <= remaining / itemBytes) return;
    this.fail(
      `${what} would be ${length} items of ${itemBytes} bytes, but ${remaining} bytes are left: the file is cut off or damaged`,
    );
  }

  /** @param problem what was found and what was expected, without a full stop. */
  fail(problem: string, remedy = "Write or copy the file again."): never {
    const { name, position } = this.source;
    throw new NighError("ERR_INDEX_FORMAT", `${name}, byte ${position}: ${problem}. ${remedy}`);
  }

  private items<A extends Int32Array | Float32Array | Float64Array>(
    what: string,
    length: number,
    Items: { new (length: number): A; BYTES_PER_ELEMENT: number },
  ): A {
    this.expectItems(what, length, Items.BYTES_PER_ELEMENT);
    const items = allocate(what, length, Items);
    this.source.readInto(new Uint8Array(items.buffer));
    return items;
  }

  private inRange<T extends number | bigint>(what: string, value: T, low: number, high: number): T {
    if (value >= low && value <= high) return value;
    return this.fail(`${what} is ${value}, an integer of ${low} to ${high} was expected`);
  }

  private read(bytes: number, what: string): DataView {
    this.expectItems(what, 1, bytes);
    this.source.readInto(new Uint8Array(this.field.buffer, 0, bytes));
    return this.field;
  }
}

/** A file may be larger than the memory, or than an array can be. */
function allocate<A>(what: string, length: number, Items: new (length: number) => A): A {
  try {
    return new Items(length);
  } catch (error) {
    throw new NighError(
      "ERR_OUT_OF_MEMORY",
      `There is no memory for ${what}: ${length} items. Use a smaller index, or a process with more memory.`,
      { cause: error },
    );
  }
}

import { NighError } from "../shared/errors.js";
import { instantiateKernels, type Kernels, kernelModule } from "./wasm.js";

const PAGE = 65_536;
/** One page below 4 GiB, so that the address behind the last byte is still a 32-bit number. */
const MOST_PAGES = 65_535;
const FIRST_PAGES = 16;
/** Of each allocation; a cache line. */
const ALIGNMENT = 64;

/**
 * A WebAssembly memory with the kernels that work in it, and the allocation of its bytes. Growing detaches views: take them from
 * `f32`, `u8` and so on after the last allocation, never keep them over one.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  readonly shared: boolean;
  /** The first page is the modules' own. */
  #top = PAGE;
  #used = 0;
  #free = new Map<number, number[]>();
  #views: Views | undefined;

  /** @param shared memory that worker threads can use as well. */
  constructor(shared = false) {
    this.shared = shared;
    this.memory = new WebAssembly.Memory(
      shared
        ? { initial: FIRST_PAGES, maximum: MOST_PAGES + 1, shared }
        : { initial: FIRST_PAGES, maximum: MOST_PAGES + 1 },
    );
    this.kernels = instantiateKernels(kernelModule(shared), this.memory);
  }

  /** Bytes allocated and not freed. */
  get usedBytes(): number {
    return this.#used;
  }

  /**
   * Memory for `bytes`, with what was left in it.
   *
   * @throws NighError `ERR_OUT_OF_MEMORY` when 4 GiB would be passed; nothing is allocated then.
   */
  alloc(bytes: number): number {
    const size = align(bytes);
    const reused = this.#free.get(size)?.pop();
    if (reused === undefined) this.reserve(size);
    const address = reused ?? this.#top;
    if (reused === undefined) this.#top += size;
    this.#used += size;
    return address;
  }

  /** Gives back what `alloc(bytes)` gave; allocations of the same size use it again. */
  free(address: number, bytes: number): void {
    const size = align(bytes);
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [address]);
    else list.push(address);
    this.#used -= size;
  }

  /** Grows the memory so that `bytes` more can be allocated; call it before a change that needs several allocations. */
  reserve(bytes: number): void {
    const pages = Math.ceil((this.#top + bytes) / PAGE);
    const current = this.memory.buffer.byteLength / PAGE;
    if (pages <= current) return;
    if (pages > MOST_PAGES) throw outOfMemory(this.#top, bytes);
    // Growing costs milliseconds, whatever the size: so by half, as long as there is room.
    const grown = Math.min(MOST_PAGES, Math.max(pages, Math.ceil(current * 1.5)));
    try {
      this.memory.grow(grown - current);
    } catch {
      try {
        this.memory.grow(pages - current);
      } catch (cause) {
        throw outOfMemory(this.#top, bytes, cause);
      }
    }
  }

  get u8(): Uint8Array {
    return this.#current().u8;
  }
  get i8(): Int8Array {
    return this.#current().i8;
  }
  /** Index it by address / 4. */
  get u32(): Uint32Array {
    return this.#current().u32;
  }
  get i32(): Int32Array {
    return this.#current().i32;
  }
  get f32(): Float32Array {
    return this.#current().f32;
  }
  /** Index it by address / 8. */
  get f64(): Float64Array {
    return this.#current().f64;
  }

  #current(): Views {
    const { buffer } = this.memory;
    if (this.#views?.buffer !== buffer) this.#views = viewsOf(buffer);
    return this.#views;
  }
}

interface Views {
  readonly buffer: ArrayBufferLike;
  readonly u8: Uint8Array;
  readonly i8: Int8Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

function viewsOf(buffer: ArrayBufferLike): Views {
  return {
    buffer,
    u8: new Uint8Array(buffer),
    i8: new Int8Array(buffer),
    u32: new Uint32Array(buffer),
    i32: new Int32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  };
}

function align(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
}

function outOfMemory(used: number, wanted: number, cause?: unknown): NighError {
  const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return new NighError(
    "ERR_OUT_OF_MEMORY",
    `An index can use 4 GiB of memory at most, as far as the machine has them: it uses ${mib(used)} and needs ${mib(wanted)} more. Nothing was changed; put the rest into a second index, or use vectors of fewer dimensions.`,
    { cause },
  );
}

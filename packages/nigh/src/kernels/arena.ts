import { NighError } from "../shared/errors.js";
import { instantiateKernels, type Kernels, kernelModule } from "./wasm.js";

const PAGE = 65_536;
/** One page below 4 GiB, so that the address behind the last byte is still a 32-bit number. */
const MOST_PAGES = 65_535;
const FIRST_PAGES = 16;
/** Of each allocation; a cache line. */
export const ALIGNMENT = 64;

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
  /** Index these by address / size of a number. */
  u8!: Uint8Array;
  i32!: Int32Array;
  u32!: Uint32Array;
  f32!: Float32Array;
  f64!: Float64Array;

  /**
   * @param shared memory that worker threads can use as well.
   * @throws NighError `ERR_OUT_OF_MEMORY` when the process has no addresses left.
   */
  constructor(shared = false) {
    this.shared = shared;
    this.memory = newMemory(shared);
    this.kernels = instantiateKernels(kernelModule(shared), this.memory);
    this.#takeViews();
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

  /** Bytes that `count` allocations of `bytes` take besides what was given back. */
  bytesFor(count: number, bytes: number): number {
    const size = align(bytes);
    return size * Math.max(0, count - (this.#free.get(size)?.length ?? 0));
  }

  /**
   * Grows the memory so that `bytes` more can be allocated; call it before a change that needs several allocations.
   *
   * @param spare bytes that there must be room for afterwards, where `bytes` is not 0.
   * @throws NighError `ERR_OUT_OF_MEMORY`; nothing is changed then.
   */
  reserve(bytes: number, spare = 0): void {
    if (bytes === 0) return;
    const pages = Math.ceil((this.#top + bytes) / PAGE);
    const current = this.u8.byteLength / PAGE;
    if (this.#top + bytes + spare > MOST_PAGES * PAGE) throw outOfMemory(this.#top, bytes + spare);
    if (pages <= current) return;
    // Growing costs milliseconds, whatever the size: so by half, as long as there is room, and by a little more than what is needed now.
    const grown = Math.min(MOST_PAGES, Math.ceil(Math.max(pages * 1.06, current * 1.5)));
    try {
      this.memory.grow(grown - current);
    } catch {
      try {
        this.memory.grow(pages - current);
      } catch (cause) {
        throw outOfMemory(this.#top, bytes, cause);
      }
    }
    this.#takeViews();
  }

  /** Reserves, unless there is no room. */
  hasRoom(bytes: number, spare: number): boolean {
    try {
      this.reserve(bytes, spare);
      return true;
    } catch {
      return false;
    }
  }

  /** Growing makes new buffers; asking the memory for its buffer each time would cost a tenth of a microsecond. */
  #takeViews(): void {
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }
}

function newMemory(shared: boolean): WebAssembly.Memory {
  const pages = { initial: FIRST_PAGES, maximum: MOST_PAGES + 1 };
  try {
    return new WebAssembly.Memory(shared ? { ...pages, shared } : pages);
  } catch (cause) {
    throw new NighError(
      "ERR_OUT_OF_MEMORY",
      "There is no room for another index in this process: each sets aside some GiB of addresses (not of memory), so that there can be some 12,000 at a time. Let go of indexes that are no longer used, or keep more vectors in each.",
      { cause },
    );
  }
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

import { KernelThreads, type ScanArguments } from "../kernels/kernel-threads.js";
import type { Matrix } from "../shared/matrix.js";
import type { Nearest, TakeNearest } from "./index-base.js";
import { RoomInArena } from "./room-in-arena.js";
import type { RowLists } from "./row-lists.js";

/** Rows are read from memory once for so many queries. */
const QUERIES_AT_ONCE = 16;
/** Bytes of the queries of a group, at most. */
const MOST_BYTES = 64 * 2 ** 20;
/** Results of a range search that are kept at first. */
const FIRST_FOUND = 1024;

/** Exact search of some lists of {@link RowLists}: memory for queries and their results, reused from search to search. */
export class ExactSearch {
  readonly #rows: RowLists;
  readonly #area: RoomInArena;
  readonly #tables: RoomInArena;
  readonly #found: RoomInArena;
  /** Bytes of a query as the area is laid out now. */
  #stride = 0;
  readonly #threadCount: number;
  #threads: KernelThreads | undefined;

  /** @param threads that search batches; more than 1 need rows in shared memory. */
  constructor(rows: RowLists, threads = 1) {
    this.#rows = rows;
    this.#threadCount = threads;
    this.#area = new RoomInArena(rows.arena);
    this.#tables = new RoomInArena(rows.arena);
    this.#found = new RoomInArena(rows.arena);
  }

  /** The `k` nearest rows of some lists for rows `from` to `to` (exclusive) of `queries`; `lists` has their numbers. */
  search(
    queries: Matrix,
    from: number,
    to: number,
    k: number,
    lists: ArrayLike<number>,
    take: TakeNearest,
  ): void {
    const { count, places } = this.#sizeOf(lists);
    const heap = Math.min(k, count);
    if (heap === 0) return;
    const { layout } = this.#rows;
    const group = this.#layOut(to - from, heap, places, lists);
    for (let first = from; first < to; first += group) {
      const size = Math.min(group, to - first);
      for (let q = 0; q < size; q++) this.#prepare(q, queries.row(first + q));
      const { queryTable, listTable } = this.#addresses(group);
      this.#scan([layout, listTable, lists.length, queryTable, size]);
      for (let q = 0; q < size; q++) {
        const query = this.#area.address + q * this.#stride;
        take(first + q, this.resultsOf(query));
      }
    }
  }

  /** Every row of some lists with a key above `least`, in no order. */
  range(
    queries: Matrix,
    from: number,
    to: number,
    least: number,
    lists: ArrayLike<number>,
    take: TakeNearest,
  ): void {
    const { count, places } = this.#sizeOf(lists);
    if (count === 0) return;
    const { arena, layout } = this.#rows;
    const { kernels } = arena;
    this.#layOut(1, 1, places, lists);
    this.#found.hold(8 * FIRST_FOUND);
    for (let i = from; i < to; i++) {
      this.#prepare(0, queries.row(i));
      const { queryTable, listTable } = this.#addresses(1);
      const scan = () => {
        const { address, bytes } = this.#found;
        const room = bytes / 8;
        return kernels.rangeLists(
          layout,
          listTable,
          lists.length,
          queryTable,
          least,
          address,
          room,
        );
      };
      let total = scan();
      if (8 * total > this.#found.bytes) {
        this.#found.hold(8 * total);
        total = scan();
      }
      const found = this.#pairs(this.#found.address, total);
      take(i, { ...found, compared: kernels.comparedRows(this.#area.address) });
    }
  }

  /** Ends the threads, if there are some; the next batch starts them again. */
  close(): void {
    this.#threads?.close();
    this.#threads = undefined;
  }

  /** Divides the queries among the threads. */
  #scan([layout, lists, listCount, queries, count]: ScanArguments): void {
    if (this.#threadCount === 1 || count === 1) {
      this.#rows.arena.kernels.searchLists(layout, lists, listCount, queries, count);
      return;
    }
    this.#threads ??= new KernelThreads(this.#rows.arena, this.#threadCount);
    const share = Math.ceil(count / this.#threadCount);
    const calls: ScanArguments[] = [];
    for (let first = 0; first < count; first += share) {
      const size = Math.min(share, count - first);
      calls.push([layout, lists, listCount, queries + 4 * first, size]);
    }
    try {
      this.#threads.searchLists(calls);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** What a query ended with. */
  resultsOf(query: number): Nearest {
    const { kernels } = this.#rows.arena;
    const found = this.#pairs(kernels.resultsOf(query), kernels.resultCount(query));
    return { ...found, compared: kernels.comparedRows(query) };
  }

  /** Rows of some lists, and places for their upper bounds. */
  #sizeOf(lists: ArrayLike<number>): { count: number; places: number } {
    let count = 0;
    let places = 0;
    for (let i = 0; i < lists.length; i++) {
      const rows = this.#rows.countOf(lists[i] as number);
      count += rows;
      places += Math.ceil(rows / 4) * 4;
    }
    return { count, places };
  }

  /** @returns how many queries are searched at once. */
  #layOut(queries: number, k: number, places: number, lists: ArrayLike<number>): number {
    const { arena, layout } = this.#rows;
    const { kernels } = arena;
    this.#stride = kernels.queryBytes(layout, k, places);
    const most = Math.max(1, Math.floor(MOST_BYTES / this.#stride));
    const group = Math.min(QUERIES_AT_ONCE * this.#threadCount, most, queries);
    this.#area.hold(group * this.#stride);
    const addresses: number[] = [];
    for (let q = 0; q < group; q++) {
      const query = this.#area.address + q * this.#stride;
      kernels.layOutQuery(layout, query, k, places);
      addresses.push(query);
    }
    for (let i = 0; i < lists.length; i++) {
      addresses.push(this.#rows.addressOf(lists[i] as number));
    }
    this.#tables.write(addresses);
    return group;
  }

  #addresses(group: number): { queryTable: number; listTable: number } {
    return { queryTable: this.#tables.address, listTable: this.#tables.address + 4 * group };
  }

  #prepare(q: number, vector: Float32Array): void {
    const { arena, layout, size, d } = this.#rows;
    const query = this.#area.address + q * this.#stride;
    const floats = arena.kernels.floatsOfQuery(query) / 4;
    arena.f32.set(vector, floats);
    if (size > d) arena.f32.fill(0, floats + d, floats + size);
    arena.kernels.prepareQuery(layout, query);
  }

  #pairs(address: number, count: number): { keys: Float32Array; ordinals: Uint32Array } {
    const keys = new Float32Array(count);
    const ordinals = new Uint32Array(count);
    const { f32, u32 } = this.#rows.arena;
    for (let i = 0, at = address / 4; i < count; i++, at += 2) {
      keys[i] = f32[at] as number;
      ordinals[i] = u32[at + 1] as number;
    }
    return { keys, ordinals };
  }
}

import { KernelThreads } from "#kernels/kernel-threads";
import type { ScanArguments } from "../../kernels/scan-arguments.js";
import type { Matrix } from "../../shared/matrix.js";
import { type Nearest, readNearest, type TakeNearest } from "./nearest.js";
import { RoomInArena } from "./room-in-arena.js";
import type { RowLists } from "./row-lists.js";

/** Rows are read from memory once for so many queries. */
const QUERIES_AT_ONCE = 16;
/** Bytes of the queries of a group, at most. */
const MOST_BYTES = 64 * 2 ** 20;
/** Results of a range search that are kept at first. */
const FIRST_FOUND = 1024;

/** Lists that have rows: their addresses, rows in all of them, and places for these rows' upper bounds. */
interface Probed {
  readonly addresses: readonly number[];
  readonly rows: number;
  readonly places: number;
}

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
    const probed = this.#probe(lists);
    const heap = Math.min(k, probed.rows);
    if (heap === 0) return;
    const { layout } = this.#rows;
    const group = this.#layOut(to - from, heap, probed);
    for (let first = from; first < to; first += group) {
      const size = Math.min(group, to - first);
      for (let q = 0; q < size; q++) this.#prepare(q, queries.row(first + q));
      const { queryTable, listTable } = this.#addresses(group);
      this.#scan([layout, listTable, probed.addresses.length, queryTable, size]);
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
    const probed = this.#probe(lists);
    if (probed.rows === 0) return;
    const { arena, layout } = this.#rows;
    const { kernels } = arena;
    this.#layOut(1, 1, probed);
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
          probed.addresses.length,
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
      const compared = kernels.comparedRows(this.#area.address);
      take(i, readNearest(arena, this.#found.address, total, compared));
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
    const { arena } = this.#rows;
    const { resultsOf, resultCount, comparedRows } = arena.kernels;
    return readNearest(arena, resultsOf(query), resultCount(query), comparedRows(query));
  }

  #probe(lists: ArrayLike<number>): Probed {
    const addresses: number[] = [];
    let [rows, places] = [0, 0];
    for (let i = 0; i < lists.length; i++) {
      const list = lists[i] as number;
      const count = this.#rows.countOf(list);
      if (count === 0) continue;
      rows += count;
      places += Math.ceil(count / 4) * 4;
      addresses.push(this.#rows.addressOf(list));
    }
    return { addresses, rows, places };
  }

  /** @returns how many queries are searched at once. */
  #layOut(queries: number, k: number, { addresses, places }: Probed): number {
    const { arena, layout } = this.#rows;
    const { kernels } = arena;
    this.#stride = kernels.queryBytes(layout, k, places);
    const most = Math.max(1, Math.floor(MOST_BYTES / this.#stride));
    const group = Math.min(QUERIES_AT_ONCE * this.#threadCount, most, queries);
    this.#area.hold(group * this.#stride);
    const table: number[] = [];
    for (let q = 0; q < group; q++) {
      const query = this.#area.address + q * this.#stride;
      kernels.layOutQuery(layout, query, k, places);
      table.push(query);
    }
    this.#tables.write(table.concat(addresses));
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
}

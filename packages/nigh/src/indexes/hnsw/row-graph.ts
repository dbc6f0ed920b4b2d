import type { Arena } from "../../kernels/arena.js";
import type { Steps } from "../../shared/steps.js";
import type { StoredHnswFlat } from "../faiss-format/stored-index.js";
import { type Nearest, readNearest } from "../rows/nearest.js";
import { RoomInArena } from "../rows/room-in-arena.js";
import type { RowLists } from "../rows/row-lists.js";
import { LevelLinks } from "./level-links.js";

type StoredLinks = "levels" | "neighbors" | "entryPoint" | "maxLevel";

/** What a link is where there is none. */
export const NO_LINK = 0xffffffff;

/** Candidates from which the links of a row are chosen when others are removed. */
const MEND_ROOM = 512;
/** Rows of a stored graph that are taken over between two steps, well under a millisecond's work. */
const ROWS_A_STEP = 256;

/** Results of a range search that are kept at first. */
const FIRST_FOUND = 1024;

/**
 * The links of an HNSW graph (Malkov & Yashunin 2018) over the rows of list 0 of {@link RowLists}, whose places are their ordinals.
 * Rows that are removed stay linked, as dead ones, until {@link mend} takes them out.
 */
export class RowGraph {
  readonly #rows: RowLists;
  readonly #arena: Arena;
  readonly #graph: number;
  readonly #upper: LevelLinks;
  readonly #blocks: number[] = [];
  readonly #blockTable: RoomInArena;
  readonly #visited: RoomInArena;
  readonly #dead: RoomInArena;
  readonly #pool: RoomInArena;
  readonly #query: RoomInArena;
  readonly #found: RoomInArena;
  readonly #deadRows = new Set<number>();
  readonly links0: number;
  readonly linksUp: number;

  /** @param m links of a row at upper levels; twice as many at the lowest. */
  constructor(rows: RowLists, m: number) {
    const { arena } = rows;
    const { kernels } = arena;
    this.#rows = rows;
    this.#arena = arena;
    this.links0 = 2 * m;
    this.linksUp = m;
    this.#graph = arena.alloc(kernels.graphBytes(rows.layout));
    kernels.layOutGraph(this.#graph, rows.layout, this.links0, m);
    this.#upper = new LevelLinks(arena, m);
    this.#blockTable = new RoomInArena(arena);
    this.#visited = new RoomInArena(arena);
    this.#dead = new RoomInArena(arena);
    this.#pool = new RoomInArena(arena);
    this.#query = new RoomInArena(arena);
    this.#found = new RoomInArena(arena);
    const few = 4 * (this.links0 + 8);
    this.#waiting = arena.alloc(few);
    this.#chosen = arena.alloc(few);
    this.#others = arena.alloc(8 * (Math.max(MEND_ROOM, this.links0) + 8));
  }

  readonly #waiting: number;
  readonly #chosen: number;
  readonly #others: number;

  get deadCount(): number {
    return this.#deadRows.size;
  }

  /**
   * Bytes that linking `count` more rows takes, at most.
   *
   * @param fresh how many of them have new places.
   */
  bytesFor(count: number, fresh: number, ef: number): number {
    const perBlock = this.#arena.kernels.nodeBlockBytes(this.#graph) + 128;
    const blocks = fresh === 0 ? 0 : Math.ceil(fresh / this.#rows.blockRows) + 1;
    const rows = this.#blocks.length * this.#rows.blockRows + fresh;
    return blocks * perBlock + this.#upper.bytesFor(count) + 3 * rows + 16 * ef + 65_536;
  }

  /**
   * Links rows whose numbers are stored already.
   *
   * @param levels the highest level of each.
   */
  insert(ordinals: Uint32Array, levels: Uint8Array, ef: number): void {
    const { kernels } = this.#arena;
    this.makeRoom(ordinals);
    this.#prepare(ef);
    const query = this.#queryFor(1);
    for (let i = 0; i < ordinals.length; i++) {
      const row = ordinals[i] as number;
      const level = levels[i] as number;
      kernels.clearLinks(this.#graph, row, level, this.#upper.take(level));
      kernels.encodeNode(this.#graph, row, kernels.floatsOfQuery(query));
      this.#link(query, row, ef);
    }
  }

  /** Blocks for the nodes of these rows. */
  makeRoom(ordinals: Uint32Array): void {
    let top = 0;
    for (const ordinal of ordinals) if (ordinal >= top) top = ordinal + 1;
    while (this.#blocks.length * this.#rows.blockRows < top) {
      this.#blocks.push(this.#arena.alloc(this.#arena.kernels.nodeBlockBytes(this.#graph)));
    }
    this.#blockTable.write(this.#blocks);
    // Its bits are for as many rows as there are places.
    if (this.#deadRows.size > 0) this.#writeDead();
  }

  /** Leaves rows in the graph, but not among results. */
  bury(ordinals: Uint32Array): void {
    for (const ordinal of ordinals) this.#deadRows.add(ordinal);
    this.#writeDead();
  }

  /**
   * Takes the dead rows out: rows that linked to them are linked anew with what is near.
   *
   * @param alive all other rows.
   * @returns the ordinals that are free now.
   */
  mend(alive: Uint32Array, ef: number): Uint32Array {
    const { kernels } = this.#arena;
    this.#prepare(ef);
    const graph = this.#graph;
    const query = this.#queryFor(1);
    const lonely: number[] = [];
    for (const row of alive) {
      for (let level = kernels.levelOf(graph, row); level >= 0; level--) {
        const links = kernels.mendRow(graph, row, level, MEND_ROOM);
        if (links === 0 && level === 0) lonely.push(row);
      }
    }
    const freed = Uint32Array.from(this.#deadRows);
    for (const row of freed) {
      this.#upper.giveBack(kernels.upperOf(graph, row), kernels.levelOf(graph, row));
      kernels.clearLinks(graph, row, 0, 0);
    }
    if (this.#deadRows.has(kernels.entryOf(graph))) this.#enterAtHighest(alive);
    this.#deadRows.clear();
    this.#writeDead();
    this.#prepare(ef);
    for (const row of lonely) this.#link(query, row, ef);
    return freed;
  }

  /**
   * The `k` nearest that a walk finds.
   *
   * @param ef candidates that the walk keeps. @param compared how many of them are ranked by float32.
   */
  walk(query: Float32Array, k: number, ef: number, compared: number): Nearest {
    const { kernels } = this.#arena;
    this.#prepare(ef);
    const address = this.#queryFor(k, 0, query);
    kernels.searchGraph(this.#graph, address, ef, compared);
    return this.#nearestOf(address);
  }

  /**
   * The `k` nearest of all rows that may be found, by comparing each of them.
   *
   * @param rows how many these are. @param top all ordinals are below.
   */
  scan(query: Float32Array, k: number, rows: number, top: number): Nearest {
    const { kernels } = this.#arena;
    this.#prepare(1);
    const address = this.#queryFor(k, rows, query);
    kernels.scanGraph(this.#graph, address, top);
    return this.#nearestOf(address);
  }

  /** All rows that may be found with a key above `least`, in no order. */
  range(query: Float32Array, least: number, rows: number, top: number): Nearest {
    const { kernels } = this.#arena;
    this.#prepare(1);
    const address = this.#queryFor(1, rows, query);
    this.#found.hold(8 * FIRST_FOUND);
    const scan = () => {
      const { address: found, bytes } = this.#found;
      return kernels.rangeGraph(this.#graph, address, top, least, found, bytes / 8);
    };
    let total = scan();
    if (8 * total > this.#found.bytes) {
      this.#found.hold(8 * total);
      total = scan();
    }
    return readNearest(this.#arena, this.#found.address, total, kernels.comparedRows(address));
  }

  levelOf(row: number): number {
    return this.#arena.kernels.levelOf(this.#graph, row);
  }

  /** A row's links at a level, a view of memory. */
  linksOf(row: number, level: number): Uint32Array {
    const start = this.#arena.kernels.linksOf(this.#graph, row, level) / 4;
    const all = this.#arena.u32.subarray(start, start + this.#most(level));
    const end = all.indexOf(NO_LINK);
    return end < 0 ? all : all.subarray(0, end);
  }

  /** Takes over a stored graph of rows 0, 1, 2, …, whose numbers are stored already; in steps. */
  *restore(stored: Pick<StoredHnswFlat<unknown>, StoredLinks>): Steps<void> {
    const { levels, neighbors, entryPoint, maxLevel } = stored;
    const { kernels } = this.#arena;
    if (levels.length === 0) return;
    this.makeRoom(Uint32Array.of(levels.length - 1));
    this.#prepare(1);
    const room = kernels.floatsOfQuery(this.#queryFor(1));
    let from = 0;
    for (let row = 0; row < levels.length; row++) {
      if (row % ROWS_A_STEP === ROWS_A_STEP - 1) yield;
      const count = levels[row] as number;
      kernels.clearLinks(this.#graph, row, count - 1, this.#upper.take(count - 1));
      kernels.encodeNode(this.#graph, row, room);
      const { i32 } = this.#arena;
      for (let level = 0; level < count; level++) {
        const start = kernels.linksOf(this.#graph, row, level) / 4 - from;
        // -1 is NO_LINK. Quicker than `set` with a view, of which there would be one for each row.
        const to = from + this.#most(level);
        for (; from < to; from++) i32[start + from] = neighbors[from] as number;
      }
    }
    kernels.setEntry(this.#graph, entryPoint, maxLevel);
  }

  get entry(): { row: number; level: number } | undefined {
    const { kernels } = this.#arena;
    const level = kernels.maxLevelOf(this.#graph);
    return level < 0 ? undefined : { row: kernels.entryOf(this.#graph) >>> 0, level };
  }

  #most(level: number): number {
    return level === 0 ? this.links0 : this.linksUp;
  }

  #link(query: number, row: number, ef: number): void {
    const { kernels, f32 } = this.#arena;
    const start = this.#rows.floatsOf(row) / 4;
    f32.copyWithin(kernels.floatsOfQuery(query) / 4, start, start + this.#rows.size);
    kernels.insertRow(this.#graph, query, row, ef);
  }

  #enterAtHighest(alive: Uint32Array): void {
    let [entry, highest] = [NO_LINK, -1];
    for (const row of alive) {
      const level = this.levelOf(row);
      if (level > highest) [entry, highest] = [row, level];
    }
    this.#arena.kernels.setEntry(this.#graph, entry, highest);
  }

  /** Address of a query. @param rows that a scan compares: each has an ordinal and an upper bound. */
  #queryFor(k: number, rows = 0, vector?: Float32Array): number {
    const { kernels } = this.#arena;
    const places = 2 * (rows + 4);
    this.#query.hold(kernels.queryBytes(this.#rows.layout, k, places));
    const { address } = this.#query;
    kernels.layOutQuery(this.#rows.layout, address, k, places);
    if (vector !== undefined) {
      const { f32 } = this.#arena;
      const start = kernels.floatsOfQuery(address) / 4;
      f32.set(vector, start);
      f32.fill(0, start + vector.length, start + this.#rows.size);
    }
    return address;
  }

  #nearestOf(query: number): Nearest {
    const { resultsOf, resultCount, comparedRows } = this.#arena.kernels;
    return readNearest(this.#arena, resultsOf(query), resultCount(query), comparedRows(query));
  }

  /** Tells the kernels where everything is. */
  #prepare(ef: number): void {
    this.#pool.hold(8 * (ef + 1));
    const { kernels } = this.#arena;
    kernels.setRooms(this.#graph, this.#waiting, this.#chosen, this.#pool.address, this.#others);
    this.#publish();
  }

  #publish(): void {
    const rows = this.#blocks.length * this.#rows.blockRows;
    this.#visited.hold(rows);
    const dead = this.#deadRows.size === 0 ? 0 : this.#dead.address;
    this.#arena.kernels.setTables(
      this.#graph,
      this.#rows.blockTable(0),
      this.#blockTable.address,
      this.#visited.address,
      rows,
      dead,
    );
  }

  #writeDead(): void {
    const bits = new Uint8Array(Math.ceil((this.#blocks.length * this.#rows.blockRows) / 8));
    for (const row of this.#deadRows) {
      bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
    }
    this.#dead.hold(bits.length);
    this.#arena.u8.set(bits, this.#dead.address);
  }
}

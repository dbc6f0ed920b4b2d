import { Arena } from "../../kernels/arena.js";
import type { Directions } from "../../kernels/principal-directions.js";
import type { Matrix } from "../../shared/matrix.js";
import type { Metric } from "../vector-index.js";
import type { Allowed } from "./filter.js";
import { IdsAndFilter } from "./ids-and-filter.js";
import { type Place, RowCodes } from "./row-codes.js";
import type { RowIds } from "./row-ids.js";
import { type RowFrame, RowLeads } from "./row-leads.js";
import { RowList } from "./row-list.js";
import { RowPlaces } from "./row-places.js";

/** What searches can need besides the rows, so that a full index can be searched: queries, see ExactSearch, and for each row ids, … */
const SEARCH_BYTES = 96 * 2 ** 20;
/** … a bit of a filter, an upper bound and a place among the results, and half as much again. */
const SEARCH_BYTES_OF_ROW = 32;

/** Rows of a block of about 1 MiB, a power of two. */
export function rowsOfBlock(d: number): number {
  const rows = 2 ** Math.floor(Math.log2(2 ** 20 / (5 * d + 32)));
  return Math.min(4096, Math.max(4, rows));
}

/**
 * Vectors in lists of blocks, in WebAssembly memory, float32 and codes side by side: what flat indexes (one list), graphs (one) and
 * inverted files (many) have in common. Rows are known by their ordinals.
 */
export class RowLists implements RowFrame {
  readonly arena: Arena;
  readonly d: number;
  readonly metric: Metric;
  readonly size: number;
  readonly blockRows: number;
  readonly layout: number;
  readonly listCount: number;
  /** Those that have had rows. */
  readonly #lists = new Map<number, RowList>();
  readonly #places = new RowPlaces();
  readonly #codes: RowCodes;
  readonly #leads: RowLeads;
  readonly #told: IdsAndFilter;
  readonly #blockBytes: number;
  readonly #ordinalsAt: number;
  /** Rows in all lists. */
  #count = 0;

  /** @param blockRows rows of a block, a power of two and at least 4. @param coded whether scans go by int8 codes. */
  constructor(
    d: number,
    metric: Metric,
    lists: number,
    blockRows: number,
    arena = new Arena(),
    coded = true,
  ) {
    const { kernels } = arena;
    this.arena = arena;
    this.d = d;
    this.metric = metric;
    this.listCount = lists;
    this.size = Math.ceil(d / 16) * 16;
    this.blockRows = blockRows;
    this.layout = arena.alloc(kernels.layoutBytes());
    kernels.layOut(this.layout, d, blockRows, metric, coded);
    this.#blockBytes = kernels.blockBytes(this.layout);
    this.#ordinalsAt = kernels.ordinalsOffset(this.layout);
    this.#codes = new RowCodes(this, coded);
    this.#leads = new RowLeads(this, this.#codes.room);
    this.#told = new IdsAndFilter(arena);
  }

  /** Bytes in use. */
  get memoryBytes(): number {
    return this.arena.usedBytes + this.#places.bytes;
  }

  /** Leading components that the rows' first codes are of; 0 where the first codes are of whole rows. */
  get leadSize(): number {
    return this.#leads.size;
  }

  /** Rows in a list. */
  countOf(list: number): number {
    return this.#lists.get(list)?.count ?? 0;
  }

  /** Address of a list that has rows. */
  addressOf(list: number): number {
    return this.#at(list).address;
  }

  /**
   * Makes sure that rows can be added without running out of memory.
   *
   * @param added lists and the rows that each gets. @param more bytes that are needed besides.
   * @throws NighError `ERR_OUT_OF_MEMORY`; nothing is changed then.
   */
  reserve(added: Iterable<readonly [list: number, rows: number]>, more = 0): void {
    let [rows, blocks, bytes] = [this.#count, 0, more];
    for (const [l, own] of added) {
      const list = this.#at(l);
      const needed = Math.ceil((list.count + own) / this.blockRows);
      rows += own;
      blocks += needed - list.blocks.length;
      bytes += list.growthFor(needed, this.#leads.blockBytes > 0 ? needed : 0);
    }
    bytes += this.arena.bytesFor(blocks, this.#blockBytes);
    if (this.#leads.blockBytes > 0) bytes += this.arena.bytesFor(blocks, this.#leads.blockBytes);
    this.arena.reserve(bytes + this.#codes.growth, spareFor(rows));
  }

  /** Adds a row of `vectors` to list 0 for each ordinal. Reserve before. */
  add(ordinals: Uint32Array, vectors: Matrix): void {
    for (let from = 0; from < ordinals.length; ) {
      const room = this.#roomIn(0);
      const to = Math.min(ordinals.length, from + room.rows);
      this.#writeFloats(room.block, room.slot, vectors, from, to);
      this.#finish(0, room, ordinals.subarray(from, to));
      from = to;
    }
  }

  /**
   * Adds rows to one list whose numbers `fill` writes straight into memory. Reserve before.
   *
   * @param fill is given the floats of as many whole rows as fit, again and again.
   * @returns rows whose numbers are all finite.
   */
  addFilled(list: number, ordinals: Uint32Array, fill: (floats: Float32Array) => void): number {
    let finite = 0;
    for (let from = 0; from < ordinals.length; ) {
      const room = this.#roomIn(list);
      const to = Math.min(ordinals.length, from + room.rows);
      if (this.size === this.d) {
        const start = room.block / 4 + room.slot * this.size;
        fill(this.arena.f32.subarray(start, start + (to - from) * this.size));
      } else {
        const floats = new Float32Array((to - from) * this.d);
        fill(floats);
        for (let i = 0; i < to - from; i++) {
          this.#writeRow(room.block, room.slot + i, floats.subarray(i * this.d, (i + 1) * this.d));
        }
      }
      finite += this.#finish(list, room, ordinals.subarray(from, to));
      from = to;
    }
    return finite;
  }

  /** Replaces the numbers of a row where it is. */
  replace(ordinal: number, vector: Float32Array): void {
    const place = this.#placeOf(ordinal);
    this.#writeRow(place.block, place.slot, vector);
    this.#codes.encode(place, 1);
  }

  /** Takes a row out: the last row of its list takes its place. */
  remove(ordinal: number): void {
    const place = this.#placeOf(ordinal);
    const list = this.#at(this.listOf(ordinal));
    const slot = (list.count - 1) % this.blockRows;
    const block = list.blocks.at(-1) as number;
    const lead = list.leads.at(-1) ?? 0;
    if (block !== place.block || slot !== place.slot) {
      const { kernels } = this.arena;
      kernels.copyRow(this.layout, block, lead, slot, place.block, place.lead, place.slot);
      const moved = this.arena.u32[(place.block + this.#ordinalsAt) / 4 + place.slot] as number;
      this.#places.move(moved, this.#places.slotOf(ordinal));
    }
    list.count--;
    this.#count--;
    if (slot === 0) {
      this.arena.free(list.blocks.pop() as number, this.#blockBytes);
      if (list.leads.length > 0)
        this.arena.free(list.leads.pop() as number, this.#leads.blockBytes);
    }
    list.publish();
  }

  listOf(ordinal: number): number {
    return this.#places.listOf(ordinal);
  }

  /** Ordinals of a list's rows, in their order. */
  ordinalsOf(list: number): Uint32Array {
    const { blocks, count } = this.#lists.get(list) ?? { blocks: [], count: 0 };
    const ordinals = new Uint32Array(count);
    for (const [b, block] of blocks.entries()) {
      const start = (block + this.#ordinalsAt) / 4;
      const rows = Math.min(this.blockRows, count - b * this.blockRows);
      ordinals.set(this.arena.u32.subarray(start, start + rows), b * this.blockRows);
    }
    return ordinals;
  }

  /** A copy of a row. */
  vectorOf(ordinal: number): Float32Array {
    const { block, slot } = this.#placeOf(ordinal);
    const start = block / 4 + slot * this.size;
    return this.arena.f32.slice(start, start + this.d);
  }

  /** Address of the table of a list's blocks. */
  blockTable(list: number): number {
    return this.#lists.get(list)?.blockTable ?? 0;
  }

  /** Address of a row's numbers. */
  floatsOf(ordinal: number): number {
    const { block, slot } = this.#placeOf(ordinal);
    return block + 4 * slot * this.size;
  }

  /**
   * From now on rows are looked at first by their leading components, unless there is no memory for these; `undefined`: by whole
   * rows.
   */
  setDirections(directions: Directions | undefined): void {
    const lists = [...this.#lists.values()];
    this.#leads.clear(lists);
    if (directions !== undefined) this.#leads.encode(directions, lists, spareFor(this.#count));
    for (const list of lists) list.publish();
  }

  /**
   * Tells the kernels what a search needs besides the rows.
   *
   * @param ids for ties. @param allowed rows that may be returned; `undefined` for all.
   */
  prepareFor(ids: RowIds, allowed: Allowed | undefined): void {
    const { kernels } = this.arena;
    kernels.setIds(this.layout, this.#told.ids(ids));
    kernels.setAllowed(this.layout, this.#told.filter(allowed));
  }

  #at(l: number): RowList {
    let list = this.#lists.get(l);
    if (list === undefined) {
      list = new RowList(this.arena);
      this.#lists.set(l, list);
    }
    return list;
  }

  #placeOf(ordinal: number): Place {
    const { blocks, leads } = this.#at(this.listOf(ordinal));
    const place = this.#places.slotOf(ordinal);
    const i = Math.floor(place / this.blockRows);
    return { block: blocks[i] as number, lead: leads[i] ?? 0, slot: place % this.blockRows };
  }

  /** The place behind a list's last row, in a new block where the last one is full. */
  #roomIn(l: number): Place & { readonly rows: number } {
    const list = this.#at(l);
    const slot = list.count % this.blockRows;
    if (slot === 0) {
      list.blocks.push(this.arena.alloc(this.#blockBytes));
      if (this.#leads.blockBytes > 0) list.leads.push(this.arena.alloc(this.#leads.blockBytes));
    }
    const block = list.blocks.at(-1) as number;
    const lead = list.leads.at(-1) ?? 0;
    return { block, lead, slot, rows: this.blockRows - slot };
  }

  #writeFloats(block: number, slot: number, vectors: Matrix, from: number, to: number): void {
    if (this.size === this.d) {
      const floats = vectors.data.subarray(from * this.d, to * this.d);
      this.arena.f32.set(floats, block / 4 + slot * this.size);
      return;
    }
    for (let i = from; i < to; i++) this.#writeRow(block, slot + i - from, vectors.row(i));
  }

  #writeRow(block: number, slot: number, vector: Float32Array): void {
    const start = block / 4 + slot * this.size;
    const { f32 } = this.arena;
    f32.set(vector, start);
    f32.fill(0, start + this.d, start + this.size);
  }

  /** @returns rows whose numbers are all finite. */
  #finish(l: number, room: Place, ordinals: Uint32Array): number {
    const list = this.#at(l);
    this.#places.set(ordinals, l, list.count);
    this.arena.u32.set(ordinals, (room.block + this.#ordinalsAt) / 4 + room.slot);
    const finite = this.#codes.encode(room, ordinals.length);
    list.count += ordinals.length;
    this.#count += ordinals.length;
    list.publish();
    return finite;
  }
}

/** Bytes that must remain when there are `rows`. */
function spareFor(rows: number): number {
  return SEARCH_BYTES + SEARCH_BYTES_OF_ROW * rows;
}

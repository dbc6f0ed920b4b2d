import { Arena } from "../../kernels/arena.js";
import type { Matrix } from "../../shared/matrix.js";
import type { Allowed } from "../rows/filter.js";
import { IdsAndFilter } from "../rows/ids-and-filter.js";
import { type Nearest, readNearest } from "../rows/nearest.js";
import { RoomInArena } from "../rows/room-in-arena.js";
import type { RowIds } from "../rows/row-ids.js";
import type { Metric } from "../vector-index.js";
import { longestOf, type ScalarDecoder, weigh } from "./scalar-weights.js";

const BLOCK_BYTES = 2 ** 15;
const FIRST_FOUND = 1024;
/** What searches can need besides the rows, so that a full index can be searched: see RowLists. */
const SEARCH_BYTES = 2 ** 20;
const SEARCH_BYTES_OF_ROW = 32;
/** Places of the kernels' ScalarRows. */
const PLACE = {
  size: 0,
  blockRows: 1,
  metric: 2,
  count: 3,
  blocks: 4,
  lowest: 5,
  ranges: 6,
  allowed: 7,
  query: 8,
  weights: 9,
  unit: 10,
  base: 11,
  error: 12,
  estimates: 13,
  decoded: 14,
  leaders: 15,
  nearest: 16,
  found: 17,
  foundRoom: 18,
  compared: 19,
} as const;

/** Vectors as 8-bit codes in WebAssembly memory, known by their ordinals, and their search (assembly/scalar-rows.ts). */
export class ScalarRows {
  readonly d: number;
  readonly metric: Metric;
  readonly #arena = new Arena();
  readonly #size: number;
  readonly #blockRows: number;
  readonly #head: number;
  readonly #blocks: number[] = [];
  readonly #table = new RoomInArena(this.#arena);
  readonly #estimates = new RoomInArena(this.#arena);
  readonly #entries = new RoomInArena(this.#arena);
  readonly #found = new RoomInArena(this.#arena);
  readonly #told = new IdsAndFilter(this.#arena);
  readonly #decoder: ScalarDecoder;
  /** Where each ordinal's row is. */
  #slots = new Uint32Array(0);
  #idsAddress = 0;
  #count = 0;

  /** @param lowest of each dimension. @param ranges highest less lowest. */
  constructor(d: number, metric: Metric, lowest: Float32Array, ranges: Float32Array) {
    const arena = this.#arena;
    this.d = d;
    this.metric = metric;
    this.#size = Math.ceil(d / 16) * 16;
    const rows = Math.floor(BLOCK_BYTES / (this.#size + 8) / 4) * 4;
    this.#blockRows = Math.max(4, rows);
    this.#decoder = { lowest, ranges, longest: longestOf(lowest, ranges) };
    const head = arena.alloc(arena.kernels.scalarRowsBytes());
    this.#head = head;
    this.#set("size", this.#size);
    this.#set("blockRows", this.#blockRows);
    this.#set("metric", metric);
    for (const name of ["lowest", "ranges", "query", "decoded"] as const) {
      const address = arena.alloc(4 * this.#size);
      arena.f32.fill(0, address / 4, address / 4 + this.#size);
      this.#set(name, address);
    }
    arena.f32.set(lowest, this.#get("lowest") / 4);
    arena.f32.set(ranges, this.#get("ranges") / 4);
    this.#set("weights", arena.alloc(2 * this.#size));
    for (const name of ["leaders", "nearest"] as const) this.#set(name, arena.alloc(16));
    this.#publish();
  }

  get count(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    return this.#arena.usedBytes;
  }

  /** @throws NighError `ERR_OUT_OF_MEMORY`; nothing is changed then. */
  reserve(rows: number): void {
    const blocks = Math.ceil((this.#count + rows) / this.#blockRows) - this.#blocks.length;
    const table = this.#table.growthFor(4 * (this.#blocks.length + blocks));
    this.#arena.reserve(
      this.#arena.bytesFor(blocks, this.#blockBytes) + table,
      SEARCH_BYTES + SEARCH_BYTES_OF_ROW * (this.#count + rows),
    );
  }

  /** Adds a row of `vectors` for each ordinal. Reserve before. */
  add(ordinals: Uint32Array, vectors: Matrix): void {
    for (const [i, ordinal] of ordinals.entries()) {
      const { block, row } = this.#append(ordinal);
      this.#encode(block, row, vectors.row(i));
    }
  }

  /** Adds a row by its codes. */
  addCodes(ordinal: number, codes: Uint8Array): void {
    const { block, row } = this.#append(ordinal);
    const start = block + row * this.#size;
    this.#arena.u8.fill(0, start, start + this.#size);
    this.#arena.u8.set(codes, start);
    this.#arena.kernels.completeScalar(this.#head, block, row);
  }

  replace(ordinal: number, vector: Float32Array): void {
    const { block, row } = this.#placeOf(this.#slotOf(ordinal));
    this.#encode(block, row, vector);
  }

  /** Takes a row out: the last row takes its place. */
  remove(ordinal: number): void {
    const slot = this.#slotOf(ordinal);
    const to = this.#placeOf(slot);
    const from = this.#placeOf(this.#count - 1);
    const { u8, u32 } = this.#arena;
    const start = from.block + from.row * this.#size;
    u8.copyWithin(to.block + to.row * this.#size, start, start + this.#size);
    const [source, target] = [this.#numbersAt(from), this.#numbersAt(to)];
    u32[target] = u32[source] as number;
    const moved = u32[source + this.#blockRows] as number;
    u32[target + this.#blockRows] = moved;
    this.#slots[moved] = slot;
    this.#count--;
    if (from.row === 0) this.#arena.free(this.#blocks.pop() as number, this.#blockBytes);
    this.#publish();
  }

  codesOf(ordinal: number): Uint8Array {
    const { block, row } = this.#placeOf(this.#slotOf(ordinal));
    const start = block + row * this.#size;
    return this.#arena.u8.slice(start, start + this.d);
  }

  /** The numbers that a row's codes stand for. */
  vectorOf(ordinal: number): Float32Array {
    const { block, row } = this.#placeOf(this.#slotOf(ordinal));
    this.#arena.kernels.decodeScalar(this.#head, block, row);
    const start = this.#get("decoded") / 4;
    return this.#arena.f32.slice(start, start + this.d);
  }

  /** @param ids for ties. @param allowed rows that may be returned; `undefined` for all. */
  prepareFor(ids: RowIds, allowed: Allowed | undefined): void {
    this.#estimates.hold(4 * (this.#count + 4 * this.#blocks.length));
    this.#set("estimates", this.#estimates.address);
    this.#set("allowed", this.#told.filter(allowed));
    this.#idsAddress = this.#told.ids(ids);
  }

  /** The `k` nearest; prepare before. */
  search(query: Float32Array, k: number): Nearest {
    const heap = Math.min(k, this.#count);
    this.#entries.hold(16 * heap);
    for (const [i, name] of (["leaders", "nearest"] as const).entries()) {
      const at = this.#get(name) / 4;
      const ids = name === "nearest" ? this.#idsAddress : 0;
      this.#arena.u32.set([this.#entries.address + 8 * heap * i, heap, 0, ids], at);
    }
    this.#prepare(query);
    this.#arena.kernels.searchScalar(this.#head);
    const found = this.#arena.u32[this.#get("nearest") / 4 + 2] as number;
    return readNearest(this.#arena, this.#entries.address + 8 * heap, found, this.#get("compared"));
  }

  /** Every row with a key above `least`, in no order; prepare before. */
  range(query: Float32Array, least: number): Nearest {
    this.#prepare(query);
    let room = FIRST_FOUND;
    for (;;) {
      this.#found.hold(8 * room);
      this.#set("found", this.#found.address);
      this.#set("foundRoom", room);
      const total = this.#arena.kernels.rangeScalar(this.#head, least);
      if (total <= room) {
        return readNearest(this.#arena, this.#found.address, total, this.#get("compared"));
      }
      room = total;
    }
  }

  #prepare(query: Float32Array): void {
    const { f32 } = this.#arena;
    const words = new Int16Array(this.#arena.memory.buffer, this.#get("weights"), this.#size);
    words.fill(0, this.d);
    const { unit, base, error } = weigh(query, this.metric, this.#decoder, words);
    f32.set(query, this.#get("query") / 4);
    f32[this.#head / 4 + PLACE.unit] = unit;
    f32[this.#head / 4 + PLACE.base] = base;
    f32[this.#head / 4 + PLACE.error] = error;
  }

  #append(ordinal: number): { block: number; row: number } {
    const slot = this.#count;
    if (slot % this.#blockRows === 0) this.#blocks.push(this.#arena.alloc(this.#blockBytes));
    this.#count++;
    if (ordinal >= this.#slots.length) {
      const slots = new Uint32Array(Math.max(ordinal + 1, Math.ceil(1.5 * this.#slots.length)));
      slots.set(this.#slots);
      this.#slots = slots;
    }
    this.#slots[ordinal] = slot;
    const place = this.#placeOf(slot);
    this.#arena.u32[this.#numbersAt(place) + this.#blockRows] = ordinal;
    this.#publish();
    return place;
  }

  #encode(block: number, row: number, vector: Float32Array): void {
    this.#arena.f32.set(vector, this.#get("query") / 4);
    this.#arena.kernels.encodeScalar(this.#head, block, row);
  }

  get #blockBytes(): number {
    return this.#blockRows * (this.#size + 8);
  }

  #slotOf(ordinal: number): number {
    return this.#slots[ordinal] as number;
  }

  #placeOf(slot: number): { block: number; row: number } {
    const block = this.#blocks[Math.floor(slot / this.#blockRows)] as number;
    return { block, row: slot % this.#blockRows };
  }

  /** Where a row's bias is, of 32-bit numbers; its ordinal is `blockRows` behind. */
  #numbersAt({ block, row }: { block: number; row: number }): number {
    return (block + this.#blockRows * this.#size) / 4 + row;
  }

  #publish(): void {
    if (4 * this.#blocks.length !== this.#table.bytes) {
      this.#table.write(this.#blocks);
      this.#set("blocks", this.#table.address);
    }
    this.#set("count", this.#count);
  }

  #set(name: keyof typeof PLACE, value: number): void {
    this.#arena.u32[this.#head / 4 + PLACE[name]] = value;
  }

  #get(name: keyof typeof PLACE): number {
    return this.#arena.u32[this.#head / 4 + PLACE[name]] as number;
  }
}

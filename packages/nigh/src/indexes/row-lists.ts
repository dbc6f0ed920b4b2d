import { Arena } from "../kernels/arena.js";
import type { Directions } from "../kernels/principal-directions.js";
import type { Matrix } from "../shared/matrix.js";
import type { Allowed } from "./filter.js";
import { RoomInArena } from "./room-in-arena.js";
import type { RowIds } from "./row-ids.js";
import type { Metric } from "./vector-index.js";

/** One list: its blocks and those of its leads, and how many rows are in them. */
interface List {
  readonly address: number;
  readonly blocks: number[];
  readonly leads: number[];
  readonly blockTable: RoomInArena;
  readonly leadTable: RoomInArena;
  count: number;
}

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
export class RowLists {
  readonly arena: Arena;
  readonly d: number;
  readonly metric: Metric;
  /** Numbers of a padded row. */
  readonly size: number;
  /** Rows of a block. */
  readonly blockRows: number;
  /** Address of the Layout. */
  readonly layout: number;
  /** Address of a table with each list's address. */
  readonly listTable: number;
  readonly #lists: List[] = [];
  readonly #blockBytes: number;
  readonly #ordinalsAt: number;
  readonly #room: RoomInArena;
  readonly #directions: RoomInArena;
  readonly #ids: RoomInArena;
  readonly #allowed: RoomInArena;
  #leadBytes = 0;
  /** Rows in all lists. */
  #count = 0;
  /** Version of the ids that the kernels know. */
  #idsVersion = -1;
  /** Where each ordinal's row is. */
  #listOf = new Uint32Array(0);
  #slotOf = new Uint32Array(0);

  /** @param blockRows rows of a block, a power of two and at least 4. */
  constructor(d: number, metric: Metric, lists: number, blockRows: number, arena = new Arena()) {
    const { kernels } = arena;
    this.arena = arena;
    this.d = d;
    this.metric = metric;
    this.size = Math.ceil(d / 16) * 16;
    this.blockRows = blockRows;
    this.layout = arena.alloc(kernels.layoutBytes());
    kernels.layOut(this.layout, d, blockRows, metric);
    this.#blockBytes = kernels.blockBytes(this.layout);
    this.#ordinalsAt = kernels.ordinalsOffset(this.layout);
    this.#room = new RoomInArena(arena);
    this.#directions = new RoomInArena(arena);
    this.#ids = new RoomInArena(arena);
    this.#allowed = new RoomInArena(arena);
    this.listTable = arena.alloc(4 * lists);
    const addresses = arena.alloc(kernels.listBytes() * lists);
    for (let l = 0; l < lists; l++) {
      const address = addresses + l * kernels.listBytes();
      const blockTable = new RoomInArena(arena);
      const leadTable = new RoomInArena(arena);
      this.#lists.push({ address, blocks: [], leads: [], blockTable, leadTable, count: 0 });
      kernels.setList(address, 0, 0, 0);
      arena.u32[this.listTable / 4 + l] = address;
    }
  }

  get listCount(): number {
    return this.#lists.length;
  }

  /** Bytes in use. */
  get memoryBytes(): number {
    return this.arena.usedBytes + this.#listOf.byteLength + this.#slotOf.byteLength;
  }

  /** Leading components that the rows' first codes are of; 0 where the first codes are of whole rows. */
  get leadSize(): number {
    return this.#leadBytes === 0 ? 0 : this.#directions.bytes / (4 * this.size);
  }

  /** Rows in a list. */
  countOf(list: number): number {
    return this.#at(list).count;
  }

  /** Address of a list. */
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
      bytes += this.#tableBytes(list, needed);
    }
    bytes += this.arena.bytesFor(blocks, this.#blockBytes);
    if (this.#leadBytes > 0) bytes += this.arena.bytesFor(blocks, this.#leadBytes);
    bytes += this.#room.growthFor(this.arena.kernels.rowRoomBytes(this.layout));
    this.arena.reserve(bytes, SEARCH_BYTES + SEARCH_BYTES_OF_ROW * rows);
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
    const { block, lead, slot } = this.#placeOf(ordinal);
    this.#writeRow(block, slot, vector);
    this.arena.kernels.encodeRows(this.layout, block, lead, slot, 1, this.#room.address);
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
      this.#slotOf[moved] = this.#slotOf[ordinal] as number;
    }
    list.count--;
    this.#count--;
    if (slot === 0) {
      this.arena.free(list.blocks.pop() as number, this.#blockBytes);
      if (list.leads.length > 0) this.arena.free(list.leads.pop() as number, this.#leadBytes);
    }
    this.#publish(list);
  }

  listOf(ordinal: number): number {
    return this.#listOf[ordinal] as number;
  }

  /** Ordinals of a list's rows, in their order. */
  ordinalsOf(list: number): Uint32Array {
    const { blocks, count } = this.#at(list);
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
    return this.#at(list).blockTable.address;
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
    const { arena, layout } = this;
    for (const list of this.#lists) {
      for (const lead of list.leads.splice(0)) arena.free(lead, this.#leadBytes);
    }
    this.#leadBytes = 0;
    arena.kernels.layOutLead(layout, 0, 0, 0);
    if (directions !== undefined) this.#addLeads(directions);
    for (const list of this.#lists) this.#publish(list);
  }

  /**
   * Tells the kernels what a search needs besides the rows.
   *
   * @param ids for ties. @param allowed rows that may be returned; `undefined` for all.
   */
  prepareFor(ids: RowIds, allowed: Allowed | undefined): void {
    const { kernels } = this.arena;
    if (!ids.inOrder && ids.version !== this.#idsVersion) {
      const table = ids.table();
      this.#ids.hold(table.byteLength);
      this.arena.f64.set(table, this.#ids.address / 8);
      this.#idsVersion = ids.version;
    }
    kernels.setIds(this.layout, ids.inOrder ? 0 : this.#ids.address);
    if (allowed !== undefined) {
      this.#allowed.hold(allowed.bits.byteLength);
      this.arena.u8.set(allowed.bits, this.#allowed.address);
    }
    kernels.setAllowed(this.layout, allowed === undefined ? 0 : this.#allowed.address);
  }

  #at(list: number): List {
    return this.#lists[list] as List;
  }

  /** Bytes by which the tables of a list grow when it has `blocks`. */
  #tableBytes({ blockTable, leadTable }: List, blocks: number): number {
    const leads = this.#leadBytes > 0 ? leadTable.growthFor(4 * blocks) : 0;
    return blockTable.growthFor(4 * blocks) + leads;
  }

  #placeOf(ordinal: number): { block: number; lead: number; slot: number } {
    const { blocks, leads } = this.#at(this.listOf(ordinal));
    const place = this.#slotOf[ordinal] as number;
    const i = Math.floor(place / this.blockRows);
    return { block: blocks[i] as number, lead: leads[i] ?? 0, slot: place % this.blockRows };
  }

  /** The place behind a list's last row, in a new block where the last one is full. */
  #roomIn(l: number): { block: number; lead: number; slot: number; rows: number } {
    const list = this.#at(l);
    const slot = list.count % this.blockRows;
    if (slot === 0) {
      list.blocks.push(this.arena.alloc(this.#blockBytes));
      if (this.#leadBytes > 0) list.leads.push(this.arena.alloc(this.#leadBytes));
    }
    const block = list.blocks.at(-1) as number;
    const lead = list.leads.at(-1) ?? 0;
    return { block, lead, slot, rows: this.blockRows - slot };
  }

  #addLeads({ vectors, error }: Directions): void {
    const { arena, layout } = this;
    const { kernels } = arena;
    const components = vectors.shape[0];
    kernels.layOutLead(layout, components, 0, 0);
    const leadBytes = kernels.leadBlockBytes(layout);
    if (!this.#hasRoomForLeads(components, leadBytes)) {
      kernels.layOutLead(layout, 0, 0, 0);
      return;
    }
    this.#directions.hold(4 * components * this.size);
    for (let i = 0; i < components; i++) {
      this.#writeRow(this.#directions.address, i, vectors.row(i));
    }
    kernels.layOutLead(layout, components, this.#directions.address, 1.001 * error);
    this.#leadBytes = leadBytes;
    this.#room.hold(kernels.rowRoomBytes(layout));
    for (const list of this.#lists) this.#encodeLeads(list);
  }

  #hasRoomForLeads(components: number, leadBytes: number): boolean {
    const { arena } = this;
    let [rows, blocks] = [0, 0];
    let bytes = this.#directions.growthFor(4 * components * this.size);
    bytes += this.#room.growthFor(arena.kernels.rowRoomBytes(this.layout));
    for (const list of this.#lists) {
      rows += list.count;
      blocks += list.blocks.length;
      bytes += list.leadTable.growthFor(4 * list.blocks.length);
    }
    bytes += arena.bytesFor(blocks, leadBytes);
    return arena.hasRoom(bytes, SEARCH_BYTES + SEARCH_BYTES_OF_ROW * rows);
  }

  #encodeLeads(list: List): void {
    const { kernels } = this.arena;
    for (const [b, block] of list.blocks.entries()) {
      const lead = this.arena.alloc(this.#leadBytes);
      list.leads.push(lead);
      const rows = Math.min(this.blockRows, list.count - b * this.blockRows);
      kernels.encodeLeads(this.layout, block, lead, 0, rows, this.#room.address);
    }
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
  #finish(
    l: number,
    room: { block: number; lead: number; slot: number },
    ordinals: Uint32Array,
  ): number {
    const list = this.#at(l);
    this.#growPlaces(ordinals);
    for (let i = 0; i < ordinals.length; i++) {
      this.#listOf[ordinals[i] as number] = l;
      this.#slotOf[ordinals[i] as number] = list.count + i;
    }
    this.arena.u32.set(ordinals, (room.block + this.#ordinalsAt) / 4 + room.slot);
    this.#room.hold(this.arena.kernels.rowRoomBytes(this.layout));
    const { block, lead, slot } = room;
    const { address } = this.#room;
    const { kernels } = this.arena;
    const finite = kernels.encodeRows(this.layout, block, lead, slot, ordinals.length, address);
    list.count += ordinals.length;
    this.#count += ordinals.length;
    this.#publish(list);
    return finite;
  }

  /** Tells the kernels where a list's blocks are. */
  #publish({ address, blocks, leads, blockTable, leadTable, count }: List): void {
    blockTable.write(blocks);
    leadTable.write(leads);
    this.arena.kernels.setList(address, blockTable.address, leadTable.address, count);
  }

  #growPlaces(ordinals: Uint32Array): void {
    let top = 0;
    for (const ordinal of ordinals) if (ordinal >= top) top = ordinal + 1;
    if (top <= this.#listOf.length) return;
    const length = Math.max(top, Math.ceil(1.5 * this.#listOf.length));
    const [listOf, slotOf] = [new Uint32Array(length), new Uint32Array(length)];
    listOf.set(this.#listOf);
    slotOf.set(this.#slotOf);
    this.#listOf = listOf;
    this.#slotOf = slotOf;
  }
}

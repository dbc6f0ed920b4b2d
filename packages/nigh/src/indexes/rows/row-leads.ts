import type { Arena } from "../../kernels/arena.js";
import type { Directions } from "../../kernels/principal-directions.js";
import { RoomInArena } from "./room-in-arena.js";
import type { RowList } from "./row-list.js";

/** What leads need to know of the rows. */
export interface RowFrame {
  readonly arena: Arena;
  /** Address of the Layout. */
  readonly layout: number;
  /** Numbers of a padded row. */
  readonly size: number;
  /** Rows of a block. */
  readonly blockRows: number;
}

/** Codes of the rows' leading principal components, which scans look at first where there are some. */
export class RowLeads {
  readonly #rows: RowFrame;
  readonly #directions: RoomInArena;
  /** Room for the encoding of rows, which needs more when there are leads. */
  readonly #room: RoomInArena;
  #blockBytes = 0;

  constructor(rows: RowFrame, room: RoomInArena) {
    this.#rows = rows;
    this.#room = room;
    this.#directions = new RoomInArena(rows.arena);
  }

  /** Bytes of the leads of a block; 0 where there are none. */
  get blockBytes(): number {
    return this.#blockBytes;
  }

  /** Components; 0 where there are none. */
  get size(): number {
    return this.#blockBytes === 0 ? 0 : this.#directions.bytes / (4 * this.#rows.size);
  }

  clear(lists: Iterable<RowList>): void {
    const { arena, layout } = this.#rows;
    for (const list of lists) {
      for (const lead of list.leads.splice(0)) arena.free(lead, this.#blockBytes);
    }
    this.#blockBytes = 0;
    arena.kernels.layOutLead(layout, 0, 0, 0);
  }

  /** Encodes the leads of all rows, unless there is no memory for them and `spare` bytes more; clear before. */
  encode({ vectors, error }: Directions, lists: readonly RowList[], spare: number): void {
    const { arena, layout, size } = this.#rows;
    const { kernels } = arena;
    const components = vectors.shape[0];
    kernels.layOutLead(layout, components, 0, 0);
    const blockBytes = kernels.leadBlockBytes(layout);
    if (!arena.hasRoom(this.#bytesFor(components, blockBytes, lists), spare)) {
      kernels.layOutLead(layout, 0, 0, 0);
      return;
    }
    this.#directions.hold(4 * components * size);
    const start = this.#directions.address / 4;
    arena.f32.fill(0, start, start + components * size);
    for (let i = 0; i < components; i++) arena.f32.set(vectors.row(i), start + i * size);
    kernels.layOutLead(layout, components, this.#directions.address, 1.001 * error);
    this.#blockBytes = blockBytes;
    this.#room.hold(kernels.rowRoomBytes(layout));
    for (const list of lists) this.#encodeList(list);
  }

  #bytesFor(components: number, blockBytes: number, lists: readonly RowList[]): number {
    const { arena, layout, size } = this.#rows;
    let blocks = 0;
    let bytes = this.#directions.growthFor(4 * components * size);
    bytes += this.#room.growthFor(arena.kernels.rowRoomBytes(layout));
    for (const list of lists) {
      blocks += list.blocks.length;
      bytes += list.growthFor(list.blocks.length, list.blocks.length);
    }
    return bytes + arena.bytesFor(blocks, blockBytes);
  }

  #encodeList(list: RowList): void {
    const { arena, layout, blockRows } = this.#rows;
    for (const [b, block] of list.blocks.entries()) {
      const lead = arena.alloc(this.#blockBytes);
      list.leads.push(lead);
      const rows = Math.min(blockRows, list.count - b * blockRows);
      arena.kernels.encodeLeads(layout, block, lead, 0, rows, this.#room.address);
    }
  }
}

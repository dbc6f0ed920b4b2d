import { RoomInArena } from "./room-in-arena.js";
import type { RowFrame } from "./row-leads.js";

/** Where a row is: addresses of its block and of this one's leads, 0 for none, and its place in them. */
export interface Place {
  readonly block: number;
  readonly lead: number;
  readonly slot: number;
}

/** Has the rows of {@link RowLists} encoded, or only measured where they are searched without int8 codes. */
export class RowCodes {
  /** For the time of an encoding. */
  readonly room: RoomInArena;
  readonly #rows: RowFrame;
  readonly #coded: boolean;

  constructor(rows: RowFrame, coded: boolean) {
    this.room = new RoomInArena(rows.arena);
    this.#rows = rows;
    this.#coded = coded;
  }

  /** Bytes by which the room grows when rows are encoded. */
  get growth(): number {
    const { arena, layout } = this.#rows;
    return this.#coded ? this.room.growthFor(arena.kernels.rowRoomBytes(layout)) : 0;
  }

  /** Rows whose numbers are there. @returns how many have finite numbers only. */
  encode({ block, lead, slot }: Place, rows: number): number {
    const { arena, layout } = this.#rows;
    const { kernels } = arena;
    if (!this.#coded) return kernels.measureRows(layout, block, slot, rows);
    this.room.hold(kernels.rowRoomBytes(layout));
    return kernels.encodeRows(layout, block, lead, slot, rows, this.room.address);
  }
}

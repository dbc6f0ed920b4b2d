import { RoomInArena } from "./room-in-arena.js";
import type { RowFrame } from "./row-leads.js";
import type { RowList } from "./row-list.js";

/** Where a row is: addresses of its block and of this one's leads, 0 for none, and its place in them. */
export interface Place {
  readonly block: number;
  readonly lead: number;
  readonly slot: number;
}

/** When rows get their codes: as soon as their numbers are there, or, in a single list, before the first scan of it. */
export type CodesTime = "at once" | "when scanned";

/** Has the rows of {@link RowLists} encoded. */
export class RowCodes {
  /** For the time of an encoding. */
  readonly room: RoomInArena;
  readonly #rows: RowFrame;
  readonly #later: boolean;
  /** Where rows get their codes later: how many have them, from the list's first on. */
  #coded = 0;

  constructor(rows: RowFrame, time: CodesTime) {
    this.room = new RoomInArena(rows.arena);
    this.#rows = rows;
    this.#later = time === "when scanned";
  }

  /** Bytes by which the room grows when rows are encoded. */
  get growth(): number {
    const { arena, layout } = this.#rows;
    return this.room.growthFor(arena.kernels.rowRoomBytes(layout));
  }

  /** Rows that come behind all others of their list. @returns how many have finite numbers only. */
  add(place: Place, rows: number): number {
    this.room.hold(this.#rows.arena.kernels.rowRoomBytes(this.#rows.layout));
    return this.#later ? this.#measure(place, rows) : this.#encode(place, rows);
  }

  /** A row that has got other numbers. @param i its place in the list. */
  replace(place: Place, i: number): void {
    if (this.#later && i >= this.#coded) this.#measure(place, 1);
    else this.#encode(place, 1);
  }

  /** Makes the codes that rows of the list have not got yet. */
  complete(list: RowList | undefined): void {
    if (!this.#later || list === undefined) return;
    const { blockRows } = this.#rows;
    while (this.#coded < list.count) {
      const block = list.blocks[Math.floor(this.#coded / blockRows)] as number;
      const slot = this.#coded % blockRows;
      const rows = Math.min(blockRows - slot, list.count - this.#coded);
      this.#encode({ block, lead: 0, slot }, rows);
      this.#coded += rows;
    }
  }

  /** The last row of a list goes; complete before. */
  removeLast(): void {
    if (this.#later) this.#coded--;
  }

  #measure({ block, slot }: Place, rows: number): number {
    return this.#rows.arena.kernels.measureRows(this.#rows.layout, block, slot, rows);
  }

  #encode({ block, lead, slot }: Place, rows: number): number {
    const { arena, layout } = this.#rows;
    return arena.kernels.encodeRows(layout, block, lead, slot, rows, this.room.address);
  }
}

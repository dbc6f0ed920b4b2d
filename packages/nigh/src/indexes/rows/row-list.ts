import type { Arena } from "../../kernels/arena.js";
import { RoomInArena } from "./room-in-arena.js";

/** One list of rows: its blocks and those of its leads, and how many rows are in them. It takes no memory before it has rows. */
export class RowList {
  readonly blocks: number[] = [];
  readonly leads: number[] = [];
  count = 0;
  readonly #arena: Arena;
  readonly #head: RoomInArena;
  readonly #blockTable: RoomInArena;
  readonly #leadTable: RoomInArena;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#head = new RoomInArena(arena);
    this.#blockTable = new RoomInArena(arena);
    this.#leadTable = new RoomInArena(arena);
  }

  /** Address of what the kernels know of it. */
  get address(): number {
    return this.#head.address;
  }

  /** Address of the table of its blocks. */
  get blockTable(): number {
    return this.#blockTable.address;
  }

  /** Bytes that `publish` allocates for so many blocks of rows and of leads, at most. */
  growthFor(blocks: number, leads: number): number {
    const head = this.#head.growthFor(this.#arena.kernels.listBytes());
    return head + this.#blockTable.growthFor(4 * blocks) + this.#leadTable.growthFor(4 * leads);
  }

  /** Tells the kernels where its blocks are. */
  publish(): void {
    const { kernels } = this.#arena;
    this.#head.hold(kernels.listBytes());
    this.#blockTable.write(this.blocks);
    this.#leadTable.write(this.leads);
    kernels.setList(this.address, this.blockTable, this.#leadTable.address, this.count);
  }
}

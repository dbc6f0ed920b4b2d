import type { Arena } from "../../kernels/arena.js";
import type { Allowed } from "./filter.js";
import { RoomInArena } from "./room-in-arena.js";
import type { RowIds } from "./row-ids.js";

/** Keeps in WebAssembly memory what a search needs besides the rows: their ids, and which of them it may return. */
export class IdsAndFilter {
  readonly #arena: Arena;
  readonly #ids: RoomInArena;
  readonly #bits: RoomInArena;
  /** Version of the ids that are there. */
  #version = -1;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#ids = new RoomInArena(arena);
    this.#bits = new RoomInArena(arena);
  }

  /** Address of the ids by ordinal, float64, for ties; 0 where these may go by ordinal. */
  ids(ids: RowIds): number {
    if (ids.inOrder) return 0;
    if (ids.version !== this.#version) {
      const table = ids.table();
      this.#ids.hold(table.byteLength);
      this.#arena.f64.set(table, this.#ids.address / 8);
      this.#version = ids.version;
    }
    return this.#ids.address;
  }

  /** Address of a bit for each ordinal; 0 where all may be returned. */
  filter(allowed: Allowed | undefined): number {
    if (allowed === undefined) return 0;
    this.#bits.hold(allowed.bits.byteLength);
    this.#arena.u8.set(allowed.bits, this.#bits.address);
    return this.#bits.address;
  }
}

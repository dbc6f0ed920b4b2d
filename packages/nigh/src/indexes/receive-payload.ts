import { NighError } from "../shared/errors.js";
import type { Payload, Receive } from "./faiss-format/payload.js";
import { flatRows } from "./index-flat.js";
import { walkedRows } from "./index-hnsw-flat.js";
import { invertedRows } from "./index-ivf-flat.js";
import type { RowLists } from "./rows/row-lists.js";

/** Where a file's payload is: vectors in the memory in which they are searched, codes on their way there. */
export type Received = RowLists | ReceivedList | Uint8Array;

/** Vectors of an inverted list; `rows` has those of all lists, their ordinals are 0, 1, 2, … in the file's order. */
export interface ReceivedList {
  readonly rows: RowLists;
  /** How many have numbers that are not finite. */
  readonly notFinite: number;
}

/** Reads the payloads of the file `name`; vectors straight into WebAssembly memory. */
export function receiver(name: string): Receive<Received> {
  let lists: RowLists | undefined;
  let listed = 0;
  return (payload) => {
    const { role, rows, d, metric, place, inGraph } = payload;
    if (role === "codes") {
      const codes = new Uint8Array(payload.byteLength);
      payload.readInto(codes);
      return codes;
    }
    if (place !== undefined) {
      if (lists === undefined) {
        lists = invertedRows(d, metric, place.nlist);
        lists.reserve(place.sizes);
      }
      const finite = read(payload, lists, place.list, listed);
      listed += rows;
      return { rows: lists, notFinite: rows - finite };
    }
    const one = inGraph ? walkedRows(d, metric) : flatRows(d, metric);
    one.reserve([[0, rows]]);
    const finite = read(payload, one, 0, 0);
    if (finite < rows) throw notFinite(rows - finite, name);
    return one;
  };
}

/** @param first ordinal. @returns how many rows are finite. */
function read(payload: Payload, rows: RowLists, list: number, first: number): number {
  const ordinals = new Uint32Array(payload.rows);
  for (let i = 0; i < ordinals.length; i++) ordinals[i] = first + i;
  return rows.addFilled(list, ordinals, (floats) => payload.readInto(bytesOf(floats)));
}

export function notFinite(rows: number, name: string): NighError {
  return new NighError(
    "ERR_INDEX_FORMAT",
    `${name}: found ${rows} ${rows === 1 ? "vector" : "vectors"} with NaN or infinite numbers, which cannot be compared: every number must be finite.`,
  );
}

function bytesOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

import { NighError } from "../shared/errors.js";
import type { Payload } from "./faiss-format/payload.js";
import type {
  InnerIndex,
  StoredIndex,
  StoredIvfFlat,
  StoredQuantizer,
} from "./faiss-format/stored-index.js";
import { IndexFlat } from "./index-flat.js";
import { IndexHNSWFlat } from "./index-hnsw-flat.js";
import { IndexIDMap } from "./index-id-map.js";
import { IndexIVFFlat } from "./index-ivf-flat.js";
import { IndexScalarQuantizer } from "./index-scalar-quantizer.js";
import { firstTwice } from "./row-ids.js";
import { RowLists, rowsOfBlock } from "./row-lists.js";
import type { VectorIndex } from "./vector-index.js";

/** Where a file's payload is: vectors in the memory in which they are searched, all else on its way there. */
export type Received = RowLists | Float32Array | Uint8Array;

/** Reads a payload; vectors straight into WebAssembly memory. */
export function receivePayload(payload: Payload): Received {
  const { role, rows, d, metric } = payload;
  if (role === "codes") {
    const codes = new Uint8Array(payload.byteLength);
    payload.readInto(codes);
    return codes;
  }
  if (role === "list") {
    const vectors = new Float32Array(rows * d);
    payload.readInto(bytesOf(vectors));
    checkFinite(vectors);
    return vectors;
  }
  const lists = new RowLists(d, metric, 1, rowsOfBlock(d));
  lists.reserve([rows]);
  const ordinals = Uint32Array.from({ length: rows }, (_, i) => i);
  lists.addFilled(0, ordinals, (floats) => {
    payload.readInto(bytesOf(floats));
    checkFinite(floats);
  });
  return lists;
}

/** @param name of the file, for messages. */
export function indexFromStored(stored: StoredIndex<Received>, name: string): VectorIndex {
  if (stored.type !== "idMap") return innerFromStored(stored, name);
  const inner = innerFromStored(stored.inner, name);
  checkIds(stored.ids, name);
  inner.rename(stored.ids);
  return IndexIDMap.over(inner);
}

function innerFromStored(stored: InnerIndex<Received>, name: string) {
  if (stored.type === "ivfFlat") return ivfFromStored(stored, name);
  if (stored.type === "scalarQuantizer") {
    return IndexScalarQuantizer.fromStored({ ...stored, codes: stored.codes as Uint8Array });
  }
  return quantizerFromStored(stored);
}

function quantizerFromStored(stored: StoredQuantizer<Received>) {
  if (stored.type === "flat") return IndexFlat.over(stored.vectors as RowLists);
  return IndexHNSWFlat.over(stored.storage.vectors as RowLists, stored);
}

function ivfFromStored(stored: StoredIvfFlat<Received>, name: string): IndexIVFFlat {
  const { d, nlist, metric, nprobe, lists } = stored;
  const index = new IndexIVFFlat(quantizerFromStored(stored.quantizer), d, nlist, metric);
  index.nprobe = nprobe;
  for (const { list, ids, vectors } of lists) {
    checkIds(ids, name);
    const floats = vectors as Float32Array;
    let at = 0;
    index.addToList(list, ids, (room) => {
      room.set(floats.subarray(at, at + room.length));
      at += room.length;
    });
  }
  return index;
}

/** FAISS lets ids come twice; nigh's indexes find vectors by them. */
function checkIds(ids: Float64Array, name: string): void {
  const twice = firstTwice(ids);
  if (twice === undefined) return;
  throw new NighError(
    "ERR_INDEX_FORMAT",
    `${name}: the id ${twice} belongs to two vectors; nigh's indexes have one vector for an id. Give the vectors different ids.`,
  );
}

function checkFinite(vectors: Float32Array): void {
  let sum = 0;
  for (let i = 0; i < vectors.length; i++) sum += (vectors[i] as number) * 0;
  if (sum === 0) return;
  throw new NighError(
    "ERR_INDEX_FORMAT",
    "The file has vectors with NaN or infinite numbers, which cannot be compared: every number must be finite.",
  );
}

function bytesOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

import { NighError } from "../shared/errors.js";
import { finish } from "../shared/steps.js";
import type {
  InnerIndex,
  StoredIdMap,
  StoredIndex,
  StoredIvfFlat,
  StoredQuantizer,
} from "./faiss-format/stored-index.js";
import { IndexFlat } from "./index-flat.js";
import { IndexHNSWFlat } from "./index-hnsw-flat.js";
import { IndexIDMap } from "./index-id-map.js";
import { IndexIVFFlat } from "./index-ivf-flat.js";
import { IndexScalarQuantizer } from "./index-scalar-quantizer.js";
import { notFinite, type Received, type ReceivedList } from "./receive-payload.js";
import { firstTwice } from "./rows/row-ids.js";
import type { RowLists } from "./rows/row-lists.js";
import type { VectorIndex } from "./vector-index.js";

/** @param name of the file, for messages. */
export function indexFromStored(stored: StoredIndex<Received>, name: string): VectorIndex {
  try {
    return stored.type === "idMap" ? mapFromStored(stored, name) : innerFromStored(stored, name);
  } catch (error) {
    if (!(error instanceof NighError) || error.code !== "ERR_INVALID_ARGUMENT") throw error;
    throw new NighError(
      "ERR_INDEX_FORMAT",
      `${name}: the file has an index that nigh cannot have. ${error.message}`,
      { cause: error },
    );
  }
}

function mapFromStored({ ids, inner }: StoredIdMap<Received>, name: string): VectorIndex {
  checkIds(ids, name);
  if (inner.type === "ivfFlat") {
    const lists = inner.lists.map((list) => ({ ...list, ids: mapped(list.ids, ids, name) }));
    return new IndexIDMap(ivfFromStored({ ...inner, lists }, name));
  }
  const index = innerFromStored(inner, name);
  index.rename(ids);
  return new IndexIDMap(index);
}

/** The vectors of inverted files have ids of their own, which are places in the map's. */
function mapped(places: Float64Array, ids: Float64Array, name: string): Float64Array {
  const beyond = places.find((place) => place >= ids.length);
  if (beyond === undefined) return places.map((place) => ids[place] as number);
  throw new NighError(
    "ERR_INDEX_FORMAT",
    `${name}: an inverted list has the id ${beyond}, the IndexIDMap around it only ${ids.length} ids. Write or copy the file again.`,
  );
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
  return finish(IndexHNSWFlat.over(stored.storage.vectors as RowLists, stored));
}

function ivfFromStored(stored: StoredIvfFlat<Received>, name: string): IndexIVFFlat {
  const { d, nlist, metric, nprobe } = stored;
  const lists = stored.lists.map(({ vectors }) => vectors as ReceivedList);
  const quantizer = quantizerFromStored(stored.quantizer);
  const ids = allIds(stored);
  const index = new IndexIVFFlat(quantizer, d, nlist, metric, lists[0]?.rows);
  checkIds(ids, name);
  index.nprobe = nprobe;
  index.identify(ids);
  const wrong = lists.find((list) => list.notFinite > 0);
  if (wrong !== undefined) throw notFinite(wrong.notFinite, name);
  return index;
}

function allIds({ ntotal, lists }: StoredIvfFlat<Received>): Float64Array {
  const all = new Float64Array(ntotal);
  let at = 0;
  for (const { ids } of lists) {
    all.set(ids, at);
    at += ids.length;
  }
  return all;
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

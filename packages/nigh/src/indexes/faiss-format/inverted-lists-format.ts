import type { FieldReader } from "./field-reader.js";
import type { FieldWriter } from "./field-writer.js";
import { type ListSize, type Receive, receivePayload } from "./payload.js";
import type { Chunks, StoredIvfFlat, StoredList } from "./stored-index.js";

const IN_FILE = "ilar";
/** The size of each list. */
const FULL = "full";
/** Number and size of those that are not empty. */
const SPARSE = "sprs";

const OTHERS: Readonly<Record<string, string>> = {
  il00: "none at all",
  ilod: "on disk, in a file of their own",
  ilp2: "Panorama",
  ilpn: "Panorama",
};

type Shape = Pick<StoredIvfFlat<unknown>, "d" | "metric" | "ntotal" | "nlist">;

export function readInvertedLists<P>(
  reader: FieldReader,
  receive: Receive<P>,
  { d, metric, ntotal, nlist }: Shape,
): StoredList<P>[] {
  const code = reader.code("the code of the inverted lists");
  if (code !== IN_FILE) {
    reader.fail(
      `the inverted lists are ${JSON.stringify(code)} (${OTHERS[code] ?? "of another kind"}), "${IN_FILE}" was expected, lists inside the file`,
      "Write the index with ArrayInvertedLists.",
    );
  }
  reader.int64("the number of inverted lists", nlist, nlist);
  reader.int64("the bytes of a vector in the inverted lists", 4 * d, 4 * d);
  const sizes = readSizes(reader, nlist);
  const sum = sizes.reduce((total, [, size]) => total + size, 0);
  if (sum !== ntotal) reader.fail(`the inverted lists have ${sum} vectors, ntotal is ${ntotal}`);
  reader.expectItems("the inverted lists", ntotal, 4 * d + 8);
  return sizes.map(([list, size]) => {
    const place = { list, nlist, sizes };
    const vectors = receivePayload(reader, receive, { role: "list", rows: size, d, metric, place });
    return { list, ids: reader.int64s(`the ids of list ${list}`, size), vectors };
  });
}

export function writeInvertedLists(
  writer: FieldWriter,
  { d, nlist, lists }: Pick<StoredIvfFlat<Chunks>, "d" | "nlist" | "lists">,
): void {
  const filled = lists.filter(({ ids }) => ids.length > 0);
  writer.code(IN_FILE);
  writer.int64(nlist);
  writer.int64(4 * d);
  if (filled.length > Math.floor(nlist / 2)) {
    const sizes = new Float64Array(nlist);
    for (const { list, ids } of filled) sizes[list] = ids.length;
    writer.code(FULL);
    writer.int64(nlist);
    writer.int64s(sizes);
  } else {
    writer.code(SPARSE);
    writer.int64(2 * filled.length);
    writer.int64s(Float64Array.from(filled.flatMap(({ list, ids }) => [list, ids.length])));
  }
  for (const { list, ids, vectors } of filled) {
    writer.payload(`vectors of list ${list}`, vectors, ids.length * d * 4);
    writer.int64s(ids);
  }
}

/** The sizes of the lists that are not empty, by ascending number. */
function readSizes(reader: FieldReader, nlist: number): ListSize[] {
  const kind = reader.code("the kind of list sizes");
  const what = "the sizes of the inverted lists";
  if (kind === FULL) {
    reader.exactLength(what, 8, nlist, "nlist");
    const sizes = reader.int64s(what, nlist);
    return Array.from(sizes, (size, list): ListSize => [list, size]).filter(([, size]) => size > 0);
  }
  if (kind === SPARSE) {
    const length = reader.length(what, 8);
    if (length % 2 !== 0) reader.fail(`${what} are ${length} numbers, pairs were expected`);
    return pairsOf(reader, reader.int64s(what, length), nlist);
  }
  return reader.fail(
    `${what} are of the kind ${JSON.stringify(kind)}, "${FULL}" or "${SPARSE}" was expected`,
  );
}

function pairsOf(reader: FieldReader, numbers: Float64Array, nlist: number): ListSize[] {
  const sizes: ListSize[] = [];
  let last = -1;
  for (let i = 0; i < numbers.length; i += 2) {
    const [list = 0, size = 0] = numbers.subarray(i, i + 2);
    if (list <= last || list >= nlist) {
      reader.fail(
        `inverted list ${list} follows list ${last}, a number up to ${nlist - 1} was expected`,
      );
    }
    last = list;
    if (size > 0) sizes.push([list, size]);
  }
  return sizes;
}

/**
 * A process that has a collection, as protocol.ts describes.
 *
 *   node collection-process.js nigh FOLDER | chroma FOLDER PROGRAM
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { COLUMNS, readRows, type VectorFile } from "../indexes/vector-file.js";
import type { CollectionStore, Records } from "./collection-store.js";
import {
  ADDED_AT_ONCE,
  type Added,
  type AddRequest,
  type CollectionRequest,
  type Queried,
  type QueryRequest,
  type Settled,
  type SettleRequest,
} from "./protocol.js";
import { CASES, changeBefore, filterNumber } from "./query-cases.js";
import { idOf, metadataOf, type RecordFile, rowOf } from "./records.js";

/** Between queries while something is being built. */
const PAUSE_MILLISECONDS = 50;
/** Of what asking for the state took, so long it is not asked again: nigh counts its bytes for it. */
const QUIET_TIMES = 5;

const [kind, folder = "", program = ""] = process.argv.slice(2);
const store = await makeStore();

answer({ versions: {} });
for await (const line of createInterface({ input: process.stdin }))
  answer(await handle(JSON.parse(line) as CollectionRequest));
await store.close();

/** Each library is loaded only where it is measured. */
async function makeStore(): Promise<CollectionStore> {
  if (kind === "nigh") {
    const { NighStore } = await import("./nigh-store.js");
    return new NighStore(folder);
  }
  const { ChromaStore } = await import("./chroma-store.js");
  return ChromaStore.start(program, folder);
}

function answer(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function handle(request: CollectionRequest): Promise<object> {
  switch (request.op) {
    case "add":
      return add(request);
    case "settle":
      return settle(request);
    case "query":
      return query(request);
    case "open": {
      const [vector] = vectorsOf(request.queries, 1);
      return timed(async () => {
        await store.open();
        await store.query(vector as Float32Array, request.k, undefined);
      });
    }
    case "resident":
      return { bytes: await store.residentBytes() };
    case "close":
      return timed(() => store.close());
  }
}

async function add({ records }: AddRequest): Promise<Added> {
  await store.create();
  const times: number[] = [];
  for await (const batch of batches(records))
    times.push((await timed(() => store.add(batch))).milliseconds / 1000);
  return {
    seconds: times.reduce((total, seconds) => total + seconds, 0),
    longestSeconds: Math.max(...times),
  };
}

async function settle({ queries, k }: SettleRequest): Promise<Settled> {
  const vectors = vectorsOf(queries, queries.rows);
  const ask = (i: number) =>
    timed(() => store.query(vectors[i % vectors.length] as Float32Array, k, undefined));
  const isBuilding = buildingWatch();
  const first = await ask(0);
  const start = performance.now();
  let longest: number | null = null;
  for (let i = 1; await isBuilding(); i++) {
    // From when the query was due: work in the background may hold it up.
    const due = performance.now() + PAUSE_MILLISECONDS;
    await setTimeout(PAUSE_MILLISECONDS);
    await ask(i);
    longest = Math.max(longest ?? 0, performance.now() - due);
  }
  return {
    firstMilliseconds: first.milliseconds,
    seconds: (performance.now() - start) / 1000,
    longestMilliseconds: longest,
  };
}

async function query(request: QueryRequest): Promise<Queried> {
  const { case: number, records, queries, warmUp, k } = request;
  const queryCase = CASES[number];
  if (queryCase === undefined) throw new Error(`There is no case ${number}.`);
  const ask = (vector: Float32Array, i: number) =>
    store.query(vector, k, queryCase.filter.where(filterNumber(queryCase, i)));
  const vectors = vectorsOf(queries, queries.rows + warmUp);
  for (const [i, vector] of vectors.slice(queries.rows).entries())
    await ask(vector, queries.rows + i);

  const result: Queried = { milliseconds: [], upsertMilliseconds: [], rows: [] };
  for (const [i, vector] of vectors.slice(0, queries.rows).entries()) {
    const change = changeBefore(number, i, records.vectors.rows);
    if (change !== undefined) {
      const { row, vectorOf, metadataOf: source } = change;
      const record: Records = {
        ids: [idOf(row)],
        vectors: (vectors[vectorOf] as Float32Array).slice(),
        documents: [`A document that was written before query ${i}.`],
        metadatas: [metadataOf(source)],
      };
      result.upsertMilliseconds.push((await timed(() => store.upsert(record))).milliseconds);
    }
    const start = performance.now();
    const ids = await ask(vector, i);
    result.milliseconds.push(performance.now() - start);
    for (let place = 0; place < k; place++) {
      const id = ids[place];
      result.rows.push(id === undefined ? -1 : rowOf(id));
    }
  }
  return result;
}

/** Whether something is being built, as the store said when it was last asked. */
function buildingWatch(): () => Promise<boolean> {
  let next = 0;
  return async () => {
    const now = performance.now();
    if (now < next) return true;
    const settled = await store.settled();
    next = performance.now() + QUIET_TIMES * (performance.now() - now);
    return !settled;
  };
}

/** Records in the order of their rows, {@link ADDED_AT_ONCE} at a time. */
async function* batches({ vectors, documents }: RecordFile): AsyncGenerator<Records> {
  let lines: string[] = [];
  let first = 0;
  for await (const line of createInterface({ input: createReadStream(documents) })) {
    lines.push(line);
    if (lines.length < ADDED_AT_ONCE && first + lines.length < vectors.rows) continue;
    const rows = lines.map((_, i) => first + i);
    yield {
      ids: rows.map(idOf),
      vectors: readRows(vectors.file, first, rows.length),
      documents: lines,
      metadatas: rows.map(metadataOf),
    };
    first += rows.length;
    if (first === vectors.rows) return;
    lines = [];
  }
  throw new Error(`${documents} has fewer than ${vectors.rows} lines.`);
}

function vectorsOf({ file }: VectorFile, rows: number): Float32Array[] {
  const values = readRows(file, 0, rows);
  return Array.from({ length: rows }, (_, i) => values.subarray(i * COLUMNS, (i + 1) * COLUMNS));
}

async function timed(work: () => Promise<unknown>): Promise<{ milliseconds: number }> {
  const start = performance.now();
  await work();
  return { milliseconds: performance.now() - start };
}

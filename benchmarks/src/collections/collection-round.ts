/** One round of one engine: a new collection is filled, asked, closed, and opened again in a new process. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { VectorFile } from "../indexes/vector-file.js";
import { type CollectionEngine, withProcess } from "./engines.js";
import {
  type Added,
  added,
  closed,
  opened,
  queried,
  resident,
  type Settled,
  settled,
} from "./protocol.js";
import { CASES } from "./query-cases.js";
import type { RecordFile } from "./records.js";
import { recallOf } from "./true-answers.js";

/** Neighbours that are asked for, and that recall counts. */
export const NEIGHBOURS = 10;
/** Queries before those that count, in each case. */
export const WARM_UP = 20;

export interface CollectionData {
  /** Such as "20,000 random". */
  readonly text: string;
  readonly records: RecordFile;
  /** The queries that count; {@link WARM_UP} more follow in the file. */
  readonly queries: VectorFile;
  /** For each case the rows of the true answers. */
  readonly truth: readonly Int32Array[];
}

export interface CaseTimes {
  readonly milliseconds: readonly number[];
  readonly upsertMilliseconds: readonly number[];
  readonly recall: number;
}

export interface CollectionRound {
  readonly added: Added;
  readonly settled: Settled;
  readonly cases: readonly CaseTimes[];
  /** Memory of the process that filled and answered. */
  readonly filledBytes: number;
  readonly diskBytes: number;
  /** From the start of the program that has the collection to its first answer. */
  readonly firstAnswerMilliseconds: number;
  /** Opening and first answer without the start of the program, where that is nigh's. */
  readonly openMilliseconds: number;
  /** From then on until nothing was being built. */
  readonly settledAgainSeconds: number;
  /** Memory of the process that has opened the collection and answered the queries of every filter. */
  readonly readerBytes: number;
}

export async function collectionRound(
  engine: CollectionEngine,
  data: CollectionData,
  parent: string,
): Promise<CollectionRound> {
  const folder = await mkdtemp(join(parent, `${engine.kind}-`));
  try {
    const filled = await fill(engine, data, folder);
    const diskBytes = await folderBytes(folder);
    return { ...filled, diskBytes, ...(await reopen(engine, data, folder)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function fill(engine: CollectionEngine, data: CollectionData, folder: string) {
  const { records, queries, truth } = data;
  return withProcess(engine, folder, async (process) => {
    const filling = await process.ask({ op: "add", records }, added);
    const settling = await process.ask({ op: "settle", queries, k: NEIGHBOURS }, settled);
    const cases: CaseTimes[] = [];
    for (const number of CASES.keys()) {
      const { rows, ...times } = await process.ask(queryRequest(data, number), queried);
      const recall = recallOf(rows, truth[number] as Int32Array, NEIGHBOURS);
      cases.push({ ...times, recall });
    }
    const { bytes } = await process.ask({ op: "resident" }, resident);
    await process.ask({ op: "close" }, closed);
    return { added: filling, settled: settling, cases, filledBytes: bytes };
  });
}

function reopen(engine: CollectionEngine, data: CollectionData, folder: string) {
  return withProcess(engine, folder, async (process) => {
    const { queries } = data;
    const { milliseconds } = await process.ask({ op: "open", queries, k: NEIGHBOURS }, opened);
    const settling = await process.ask({ op: "settle", queries, k: NEIGHBOURS }, settled);
    for (const [number, { writes }] of CASES.entries())
      if (!writes) await process.ask(queryRequest(data, number), queried);
    const { bytes } = await process.ask({ op: "resident" }, resident);
    await process.ask({ op: "close" }, closed);
    // Chroma's server starts when the collection is opened, nigh with its process.
    const start = engine.kind === "nigh" ? process.loadSeconds * 1000 : 0;
    return {
      firstAnswerMilliseconds: start + milliseconds,
      openMilliseconds: milliseconds,
      settledAgainSeconds: settling.seconds,
      readerBytes: bytes,
    };
  });
}

function queryRequest({ records, queries }: CollectionData, number: number): object {
  return { op: "query", case: number, records, queries, warmUp: WARM_UP, k: NEIGHBOURS };
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((total, size) => total + size, 0);
}

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { processEnded } from "../../shared/process-ended.js";
import type { Steps } from "../../shared/steps.js";
import { discard, putInPlace, stage, syncFolder } from "../../shared/write-durably.js";
import type { RefusedGraph, SavedGraph } from "../saved-graph.js";

/**
 * The file of a saved graph holds
 *
 *     "nighGRF1", uint32 length of the header, the header in JSON, zeros up to a multiple of 8,
 *     float64 keys [count], int32 levels [count], int32 neighbors [links], SHA-256 of all before it
 *
 * all little-endian. Where a graph was refused, its header says so, and there is nothing between header and checksum.
 */
const MAGIC = Buffer.from("nighGRF1");
const HASH_BYTES = 32;
const PART_BYTES = 2 ** 19;

const count = z.int().nonnegative();
const GraphSchema = z.object({
  collection: z.string(),
  position: count,
  d: z.int().positive(),
  metric: z.union([z.literal(0), z.literal(1)]),
  M: z.int().positive(),
  efConstruction: z.int().positive(),
  efSearch: z.int().positive(),
  entryPoint: z.int(),
  maxLevel: z.int(),
  count,
  links: count,
});
const RefusedSchema = z.object({
  collection: z.string(),
  refused: count,
  conditions: z.string(),
});

/** A file under a temporary name that nobody wrote to for so long is abandoned. */
const ABANDONED_MS = 3_600_000;

/** Its extension in the database's folder; the name is the collection's id. */
export const GRAPH_EXTENSION = ".graph";

export function graphPath(folder: string, collection: string): string {
  return join(folder, `${collection}${GRAPH_EXTENSION}`);
}

/** Writes the file; it takes its place when it is complete. */
export async function writeGraphFile(
  folder: string,
  graph: SavedGraph | RefusedGraph,
): Promise<void> {
  const staged = await stage(graphPath(folder, graph.collection), encode(graph));
  try {
    await putInPlace(staged);
    await syncFolder(folder);
  } catch (error) {
    await discard(staged).catch(() => undefined);
    throw error;
  }
}

export function removeGraphFile(folder: string, collection: string): void {
  rmSync(graphPath(folder, collection), { force: true });
}

/** Removes the files of collections that are not there any more, and what processes left that ended while they wrote. */
export function sweepGraphFiles(folder: string, collections: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    const [id = "", ...rest] = name.split(GRAPH_EXTENSION);
    if (rest.length > 0 && !collections.has(id)) rmSync(join(folder, name), { force: true });
  }
  for (const path of abandonedGraphFiles(folder)) rmSync(path, { force: true });
}

/** Files that were to become graphs, of processes that ended while they wrote them. */
export function abandonedGraphFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const pid = /\.graph\.(\d+)-\w+\.new$/u.exec(name)?.[1];
    if (pid === undefined) return [];
    const path = join(folder, name);
    const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (written === undefined) return [];
    return processEnded(Number(pid)) || Date.now() - written > ABANDONED_MS ? [path] : [];
  });
}

/** What a collection's file says; a sentence that says why there is nothing. In steps. */
export function* readGraphFile(
  folder: string,
  collection: string,
): Steps<SavedGraph | RefusedGraph | string> {
  const path = graphPath(folder, collection);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? `there is no ${path}` : `${path} cannot be read: ${message}`;
  }
  const body = bytes.subarray(0, -HASH_BYTES);
  if (
    bytes.length < MAGIC.length + 4 + HASH_BYTES ||
    !bytes.subarray(0, MAGIC.length).equals(MAGIC)
  ) {
    return `${path} is no graph of nigh's`;
  }
  const hash = createHash("sha256");
  for (let from = 0; from < body.length; from += PART_BYTES) {
    hash.update(body.subarray(from, from + PART_BYTES));
    yield;
  }
  if (!hash.digest().equals(bytes.subarray(-HASH_BYTES))) {
    return `${path} is damaged: its checksum is wrong`;
  }
  yield;
  const graph = decode(body);
  if (graph === undefined) return `${path} is a graph of another version of nigh`;
  return graph.collection === collection ? graph : `${path} is the graph of another collection`;
}

/** The file in parts, between which others have a turn. */
async function* encode(graph: SavedGraph | RefusedGraph): AsyncGenerator<Uint8Array> {
  const { facts, arrays } = partsOf(graph);
  const header = Buffer.from(JSON.stringify(facts));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const before = MAGIC.length + length.length + header.length;
  const start = Buffer.concat([MAGIC, length, header, Buffer.alloc(padding(before))]);
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of [start, ...arrays]) {
    for (let from = 0; from < byteLength; from += PART_BYTES) {
      const size = Math.min(PART_BYTES, byteLength - from);
      const part = new Uint8Array(buffer, byteOffset + from, size);
      hash.update(part);
      yield part;
    }
  }
  yield hash.digest();
}

function partsOf(graph: SavedGraph | RefusedGraph) {
  if ("refused" in graph) return { facts: graph, arrays: [] };
  const { keys, levels, neighbors, ...facts } = graph;
  return {
    facts: { ...facts, count: keys.length, links: neighbors.length },
    arrays: [keys, levels, neighbors],
  };
}

function decode(body: Buffer): SavedGraph | RefusedGraph | undefined {
  const headerAt = MAGIC.length + 4;
  const headerEnd = headerAt + body.readUInt32LE(MAGIC.length);
  let header: unknown;
  try {
    header = JSON.parse(body.toString("utf8", headerAt, headerEnd));
  } catch {
    return undefined;
  }
  const refused = RefusedSchema.safeParse(header);
  if (refused.success) return refused.data;
  const parsed = GraphSchema.safeParse(header);
  if (!parsed.success) return undefined;
  const { count: rows, links, ...facts } = parsed.data;
  const keysAt = headerEnd + padding(headerEnd);
  const levelsAt = keysAt + 8 * rows;
  const neighborsAt = levelsAt + 4 * rows;
  if (neighborsAt + 4 * links !== body.length) return undefined;
  const copy = (from: number, to: number) => new Uint8Array(body.subarray(from, to)).buffer;
  return {
    ...facts,
    keys: new Float64Array(copy(keysAt, levelsAt)),
    levels: new Int32Array(copy(levelsAt, neighborsAt)),
    neighbors: new Int32Array(copy(neighborsAt, body.length)),
  };
}

function padding(length: number): number {
  return (8 - (length % 8)) % 8;
}

import { readGraphFile, removeGraphFile, writeGraphFile } from "#store/graph-file";
import type { GraphSnapshot } from "../../indexes/graph-snapshot.js";
import type { Steps } from "../../shared/steps.js";
import type { CollectionRow } from "../../store/collection-row.js";
import { MOST_ENTRIES } from "../../store/journal.js";
import type { RefusedGraph, SavedGraph } from "../../store/saved-graph.js";
import { hnswOf } from "./configuration.js";
import { metricOf } from "./live-index.js";

/** When the journal has moved so far the graph is saved again: it still has as much room for who does not follow it. */
const FAR = MOST_ENTRIES / 2;

/** Where the graph of a collection is kept for the next time that it is opened: a file, or nowhere for a database in memory. */
export class KeptGraph {
  readonly #folder: string | undefined;
  readonly #id: string;
  readonly #isThere: () => boolean;
  /** The journal's position that the file follows. */
  #position = 0;
  #writing: Promise<void> = Promise.resolve();
  /** Files that are being written. */
  #files = 0;

  /** @param isThere whether the collection was not deleted, maybe by another process. */
  constructor(folder: string | undefined, id: string, isThere: () => boolean) {
    this.#folder = folder;
    this.#id = id;
    this.#isThere = isThere;
  }

  get isPossible(): boolean {
    return this.#folder !== undefined;
  }

  get isBeingWritten(): boolean {
    return this.#files > 0;
  }

  /** Whether the journal will soon have forgotten what came after the graph that is kept. */
  isFarBehind(position: number): boolean {
    return position - this.#position > FAR;
  }

  /** What was kept, where it is of such a collection: the graph, or how many vectors one was refused for. In steps. */
  *read(row: CollectionRow): Steps<SavedGraph | RefusedGraph | undefined> {
    if (this.#folder === undefined) return undefined;
    const kept = yield* readGraphFile(this.#folder, this.#id);
    if (typeof kept === "string") return undefined;
    if ("refused" in kept) return kept.conditions === conditionsOf(row) ? kept : undefined;
    const { space, max_neighbors, ef_construction } = hnswOf(row);
    const fits =
      kept.d === row.dimension &&
      kept.metric === metricOf(space) &&
      kept.M === max_neighbors &&
      kept.efConstruction === ef_construction;
    if (!fits) return undefined;
    this.#position = kept.position;
    return kept;
  }

  save(snapshot: GraphSnapshot, position: number): void {
    this.#position = position;
    this.#write({ ...snapshot, collection: this.#id, position });
  }

  /** Keeps that a graph of so many vectors was of no use. */
  refuse(refused: number, row: CollectionRow): void {
    this.#write({ collection: this.#id, refused, conditions: conditionsOf(row) });
  }

  /** Ends when all that was to be kept is on disk, or could not be. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /** A cache: where it cannot be written, opening the collection takes longer, and that is all. */
  #write(graph: SavedGraph | RefusedGraph): void {
    const folder = this.#folder;
    if (folder === undefined) return;
    this.#files += 1;
    this.#writing = this.#writing
      .then(async () => {
        if (!this.#isThere()) return;
        await writeGraphFile(folder, graph);
        // Deleted while it was written?
        if (!this.#isThere()) removeGraphFile(folder, this.#id);
      })
      .catch(() => undefined)
      .finally(() => {
        this.#files -= 1;
      });
  }
}

/** What the verdict over a graph hangs on, besides the number of vectors. */
function conditionsOf(row: CollectionRow): string {
  const { space, max_neighbors, ef_construction, ef_search } = hnswOf(row);
  const { dimension, embedder } = row;
  return JSON.stringify({
    dimension,
    embedder: embedder?.fingerprint ?? null,
    space,
    max_neighbors,
    ef_construction,
    ef_search,
  });
}

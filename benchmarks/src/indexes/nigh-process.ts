/** A process that answers with nigh's indexes, as protocol.ts describes. */
import { statSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Kmeans, Matrix, readIndex, type VectorIndex, writeIndex } from "nigh";
import { spread, sum } from "../statistics.js";
import { millisecondsOf } from "./milliseconds-of.js";
import { buildIndex } from "./nigh-build.js";
import type {
  Built,
  IndexRequest,
  KmeansRequest,
  Opened,
  OpenRequest,
  Searched,
  SearchRequest,
} from "./protocol.js";
import { COLUMNS, readRows, type VectorFile } from "./vector-file.js";

const indexes = new Map<string, VectorIndex>();

answer({ versions: {} });
for await (const line of createInterface({ input: process.stdin }))
  answer(await handle(JSON.parse(line) as IndexRequest));

function answer(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function handle(request: IndexRequest): Promise<object> {
  switch (request.op) {
    case "build": {
      const { index, ...figures } = await buildIndex(request);
      indexes.set(request.index, index);
      return figures satisfies Built;
    }
    case "search":
      return search(request);
    case "kmeans":
      return cluster(request);
    case "write":
      writeIndex(indexOf(request.index), request.file);
      return { bytes: statSync(request.file).size };
    case "open":
      return open(request);
  }
}

function search({ index: name, queries, k, mode, settings, labels }: SearchRequest): Searched {
  const index = indexOf(name);
  const all = matrixOf(queries);
  if (labels !== null)
    writeFileSync(labels, Int32Array.from(index.search(all, k, settings).labels));
  const calls = mode === "batch" ? [all] : Array.from(all, (row) => new Matrix(row, 1, COLUMNS));
  const before = process.cpuUsage();
  const times = calls.map((query) => millisecondsOf(() => index.search(query, k, settings)));
  const { user, system } = process.cpuUsage(before);
  const cpuMilliseconds = (user + system) / 1000;
  return {
    milliseconds: (spread(times).median * calls.length) / queries.rows,
    cpuShare: cpuMilliseconds / sum(times),
  };
}

function cluster({ vectors, k, iterations, seed, centroids }: KmeansRequest): object {
  const data = matrixOf(vectors);
  const kmeans = new Kmeans(COLUMNS, k, { niter: iterations, nredo: 1, seed });
  const seconds = millisecondsOf(() => kmeans.train(data)) / 1000;
  if (centroids !== null) writeFileSync(centroids, kmeans.centroids.data);
  return { seconds };
}

function open({ file, queries, k }: OpenRequest): Opened {
  const query = matrixOf({ ...queries, rows: 1 });
  const start = performance.now();
  const index = readIndex(file);
  const read = performance.now();
  index.search(query, k);
  return { readMilliseconds: read - start, searchMilliseconds: performance.now() - read };
}

function indexOf(name: string): VectorIndex {
  const index = indexes.get(name);
  if (index === undefined) throw new Error(`There is no index "${name}".`);
  return index;
}

function matrixOf({ file, rows }: VectorFile): Matrix {
  return new Matrix(readRows(file, 0, rows), rows, COLUMNS);
}

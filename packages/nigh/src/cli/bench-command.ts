import { availableParallelism, cpus } from "node:os";
import { Command } from "commander";
import {
  IndexFlatIP,
  IndexHNSWFlat,
  IndexIVFFlat,
  Matrix,
  METRIC_INNER_PRODUCT,
  normalizeL2,
  type VectorIndex,
} from "../index.js";
import { SeededRandom } from "../shared/seeded-random.js";
import { jsonOption, positiveInteger } from "./options.js";
import { formatCount, print, printJson, printTable } from "./print.js";

interface BenchFlags {
  vectors: number;
  dimensions: number;
  queries: number;
  k: number;
  seed: number;
  json: boolean;
}

interface Row {
  index: string;
  buildSeconds: number;
  bytesPerVector: number;
  millisecondsPerQuery: number;
  speedup: number;
  recall: number;
  /** Vectors that a query was compared with in float32; of exact search. */
  comparedPerQuery?: number;
}

/** Directions that the vectors really extend in, as those of a text model do. */
const LATENT = 48;
const CLUSTERS = 200;

export function benchCommand(): Command {
  return new Command("bench").description("Measure this machine.").addCommand(indexesCommand());
}

function indexesCommand(): Command {
  return new Command("indexes")
    .description("Exact, IVF and HNSW search of the same vectors: time, recall, memory.")
    .option("--vectors <n>", "vectors to search", positiveInteger, 20_000)
    .option("--dimensions <n>", "numbers of a vector", positiveInteger, 384)
    .option("--queries <n>", "queries, one after the other", positiveInteger, 200)
    .option("-k <n>", "results of a query", positiveInteger, 10)
    .option("--seed <n>", "of the random vectors", positiveInteger, 1)
    .addOption(jsonOption())
    .exitOverride()
    .action((flags: BenchFlags) => {
      const rows = measure(flags);
      const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.versions.node}`;
      if (flags.json) return printJson({ machine, ...flags, rows });
      print(
        `${formatCount(flags.vectors)} vectors of ${flags.dimensions} dimensions, ${flags.queries} queries one by one, k ${flags.k}, one thread`,
      );
      print(machine);
      print();
      printTable(
        ["index", "build s", "bytes/vector", "ms/query", "speed-up", `recall@${flags.k}`],
        rows.map((row) => [
          row.index,
          row.buildSeconds.toFixed(2),
          formatCount(row.bytesPerVector),
          row.millisecondsPerQuery.toFixed(3),
          `${row.speedup.toFixed(1)}x`,
          row.recall.toFixed(3),
        ]),
      );
      const compared = formatCount(rows[0]?.comparedPerQuery ?? 0);
      print();
      print(
        `Exact search compared ${compared} vectors a query in float32: codes rule out the others.`,
      );
    });
}

function measure({ vectors, dimensions, queries, k, seed }: BenchFlags): Row[] {
  const random = new SeededRandom(seed);
  const latent = latentVectors(random, vectors + queries);
  const all = normalizeL2(spread(latent, dimensions, random));
  const corpus = all.rows(0, vectors);
  const asked = all.rows(vectors, vectors + queries);
  const lists = Math.max(1, Math.min(Math.round(Math.sqrt(vectors)), Math.floor(vectors / 39)));
  const makers: [string, () => VectorIndex, number?][] = [
    ["exact (IndexFlatIP)", () => new IndexFlatIP(dimensions)],
    [`IVF, ${lists} lists, nprobe 8`, () => ivf(dimensions, lists), 8],
    ["HNSW, M 16, efSearch 32", () => hnsw(dimensions)],
  ];
  const rows: Row[] = [];
  let truth: Float64Array | undefined;
  for (const [name, make, nprobe] of makers) {
    const index = make();
    const start = performance.now();
    index.train(corpus);
    index.add(corpus);
    if (index instanceof IndexFlatIP) index.prepare();
    const buildSeconds = (performance.now() - start) / 1000;
    const options = nprobe === undefined ? {} : { nprobe: Math.min(nprobe, lists) };
    const { milliseconds, labels } = time(index, asked, k, options);
    truth ??= labels;
    rows.push({
      index: name,
      buildSeconds,
      bytesPerVector: index.memoryBytes / vectors,
      millisecondsPerQuery: milliseconds,
      speedup: (rows[0]?.millisecondsPerQuery ?? milliseconds) / milliseconds,
      recall: recallOf(labels, truth, k),
      ...(index instanceof IndexFlatIP ? { comparedPerQuery: index.comparedPerQuery } : {}),
    });
  }
  return rows;
}

function ivf(d: number, lists: number): IndexIVFFlat {
  return new IndexIVFFlat(new IndexFlatIP(d), d, lists, METRIC_INNER_PRODUCT);
}

function hnsw(d: number): IndexHNSWFlat {
  const index = new IndexHNSWFlat(d, 16, METRIC_INNER_PRODUCT);
  index.efConstruction = 128;
  index.efSearch = 32;
  return index;
}

/** Median of single queries, after a round that warms up. */
function time(index: VectorIndex, queries: Matrix, k: number, options: object) {
  const labels = new Float64Array(queries.shape[0] * k);
  const times: number[] = [];
  for (let round = 0; round < 2; round++) {
    times.length = 0;
    for (let i = 0; i < queries.shape[0]; i++) {
      const query = queries.rows(i, i + 1);
      const start = performance.now();
      const found = index.search(query, k, options);
      times.push(performance.now() - start);
      labels.set(found.labels, i * k);
    }
  }
  times.sort((a, b) => a - b);
  return { milliseconds: times[times.length >> 1] as number, labels };
}

function recallOf(labels: Float64Array, truth: Float64Array, k: number): number {
  let hits = 0;
  let wanted = 0;
  for (let from = 0; from < truth.length; from += k) {
    const right = new Set(truth.subarray(from, from + k).filter((label) => label >= 0));
    wanted += right.size;
    for (const label of labels.subarray(from, from + k)) if (right.has(label)) hits++;
  }
  return wanted === 0 ? 1 : hits / wanted;
}

function latentVectors(random: SeededRandom, count: number): Matrix {
  const centres = gaussians(random, CLUSTERS, LATENT);
  const vectors = gaussians(random, count, LATENT);
  for (const vector of vectors) {
    const centre = centres.row(random.below(CLUSTERS));
    for (let j = 0; j < LATENT; j++) {
      vector[j] = 0.7 * (vector[j] as number) + (centre[j] as number);
    }
  }
  return vectors;
}

/** A random linear image in more dimensions, with a little noise in all of them. */
function spread(latent: Matrix, dimensions: number, random: SeededRandom): Matrix {
  const map = gaussians(random, LATENT, dimensions);
  const vectors = gaussians(random, latent.shape[0], dimensions);
  for (let i = 0; i < latent.shape[0]; i++) {
    const [from, to] = [latent.row(i), vectors.row(i)];
    for (let l = 0; l < LATENT; l++) {
      const weight = from[l] as number;
      const direction = map.row(l);
      for (let j = 0; j < dimensions; j++) {
        to[j] = (to[j] as number) + weight * (direction[j] as number);
      }
    }
  }
  return vectors;
}

/** Sums of four uniform numbers: near enough to normal, and quick. */
function gaussians(random: SeededRandom, rows: number, columns: number): Matrix {
  const matrix = Matrix.zeros(rows, columns);
  for (let i = 0; i < matrix.data.length; i++) {
    const sum = random.next() + random.next() + random.next() + random.next();
    matrix.data[i] = (sum - 2) * Math.sqrt(3);
  }
  return matrix;
}

/** `npm run bench -- quality`: how good answers are by each kind of model and of search, on judged data. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import {
  type BeirSet,
  type Collection,
  type Dtype,
  distill,
  EphemeralClient,
  InformationRetrievalEvaluator,
  type Matrix,
  type RetrievalSource,
  readBeir,
  SentenceTransformer,
} from "nigh";
import { requireSection, writeSection } from "./docs-section.js";
import { count, fourDecimals } from "./figure-text.js";
import { foldersOfSets } from "./hybrid/judged-texts.js";
import { textVectors } from "./hybrid/text-vectors.js";
import { describeMachine, type Machine, versionsText } from "./machine.js";
import { type FigureTable, markdownTable, terminalTable } from "./table.js";

interface QualityFlags {
  readonly data: string;
  readonly publish?: true;
}

const METRICS = ["ndcg@10", "mrr@10", "map@100", "recall@10", "recall@100"] as const;
const HEADS = ["nDCG@10", "MRR@10", "MAP@100", "recall@10", "recall@100"];

export function qualityCommand(): Command {
  return new Command("quality")
    .description("models and ways of searching on judged data: nDCG, MRR, MAP, recall")
    .requiredOption("--data <folder>", "a folder of data sets in BEIR's files, such as scifact")
    .option("--publish", "write the figures into docs/benchmarks.md")
    .action(runQuality);
}

async function runQuality({ data, publish }: QualityFlags): Promise<void> {
  // Quality is the same whatever else the machine does.
  const machine = describeMachine();
  if (publish) await requireSection("quality");
  const rows: string[][] = [];
  for (const folder of foldersOfSets(data)) rows.push(...(await rowsOf(await readBeir(folder))));
  const table = {
    head: ["data set", "model", "search", ...HEADS],
    wordColumns: 3,
    rows,
  };
  console.log(terminalTable(table));
  if (publish) console.log(await writeSection("quality", section(machine, table)));
}

async function rowsOf(set: BeirSet): Promise<string[][]> {
  const evaluator = new InformationRetrievalEvaluator({
    queries: set.queries,
    corpus: set.corpus,
    relevantDocs: set.relevantDocs,
    precisionRecallAtK: [10, 100],
  });
  const judged = `${set.name} (${count(set.corpus.size)} documents, ${count(set.relevantDocs.size)} queries)`;
  const row = async (model: string, search: string, source: RetrievalSource) => {
    console.error(`${set.name}: ${model}, ${search}`);
    const { metrics } = await evaluator.evaluate(source);
    const figures = METRICS.map((name) => metrics[`cosine_${name}`] ?? metrics[name]);
    return [judged, model, search, ...figures.map((figure) => fourDecimals(figure as number))];
  };
  const [fp32, int8] = [await vectorsOf(set, "fp32"), await vectorsOf(set, "int8")];
  const rows = [
    await row("fp32", "semantic", fp32),
    await row("int8", "semantic", int8),
    await withStatic((model) => row("static", "semantic", model)),
  ];
  const client = new EphemeralClient();
  try {
    const collection = await fill(client, set, fp32.corpusEmbeddings);
    rows.push(await row("none", "keyword", searchOf(set, collection, fp32, "keyword")));
    rows.push(await row("fp32", "hybrid", searchOf(set, collection, fp32, "hybrid")));
    const withInt8 = await fill(client, set, int8.corpusEmbeddings);
    rows.push(await row("int8", "hybrid", searchOf(set, withInt8, int8, "hybrid")));
  } finally {
    await client.close();
  }
  return rows;
}

interface Vectors {
  readonly queryEmbeddings: Matrix;
  readonly corpusEmbeddings: Matrix;
}

async function vectorsOf(
  { name, queries, corpus }: BeirSet,
  dtype: Extract<Dtype, "fp32" | "int8">,
): Promise<Vectors> {
  const embed = (kind: string, texts: Iterable<string>) =>
    textVectors(`${name}-${kind}`, [...texts], (step) => console.error(step), "truncate", dtype);
  return {
    queryEmbeddings: await embed("queries", queries.values()),
    corpusEmbeddings: await embed("documents", corpus.values()),
  };
}

/** The bundled model, distilled as `distill` does by default. */
async function withStatic<T>(work: (model: SentenceTransformer) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "nigh-static-"));
  try {
    await distill("all-MiniLM-L6-v2", folder);
    const model = await SentenceTransformer.load(folder);
    try {
      return await work(model);
    } finally {
      await model.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

let collections = 0;

async function fill(
  client: EphemeralClient,
  { corpus }: BeirSet,
  embeddings: Matrix,
): Promise<Collection> {
  collections += 1;
  const name = `judged-${collections}`;
  const collection = await client.createCollection({ name, embeddingFunction: null });
  await collection.add({ ids: [...corpus.keys()], documents: [...corpus.values()], embeddings });
  return collection;
}

/** With the queries' vectors that are there already. */
function searchOf(
  { queries }: BeirSet,
  collection: Collection,
  { queryEmbeddings }: Vectors,
  mode: "keyword" | "hybrid",
): RetrievalSource {
  const rows = new Map([...queries.keys()].map((id, i) => [id, i]));
  return (query, { id, limit }) => {
    const queryEmbedding = queryEmbeddings.row(rows.get(id) as number);
    return collection.search({ query, queryEmbedding, mode, limit });
  };
}

function section(machine: Machine, table: FigureTable): string {
  const { node = "", nigh = "" } = machine.versions;
  return `
Measured on ${machine.date} by \`npm run bench -- quality --data FOLDER --publish\` (${versionsText({ node, nigh })}).

${markdownTable(table)}
`;
}

/** `npm run bench -- hybrid`: how good answers by meaning, by words and by both are, on judged data. */
import { Command } from "commander";
import {
  type Collection,
  EphemeralClient,
  type Matrix,
  ndcgAtK,
  recallAtK,
  type SearchMode,
} from "nigh";
import { fourDecimals, rangeText } from "./figure-text.js";
import { foldersOfSets, type JudgedTexts, readJudgedTexts } from "./hybrid/judged-texts.js";
import { textVectors } from "./hybrid/text-vectors.js";
import { announceMachine, versionsText } from "./machine.js";
import { mean, spread } from "./statistics.js";
import { terminalTable } from "./table.js";

const MODES: readonly SearchMode[] = ["semantic", "keyword", "hybrid"];

export function hybridCommand(): Command {
  return new Command("hybrid")
    .description("search by meaning, by words and by both: quality on judged data, time")
    .requiredOption("--data <folder>", "a folder of data sets in BEIR's files, such as scifact")
    .action(runHybrid);
}

async function runHybrid({ data }: { readonly data: string }): Promise<void> {
  const folders = foldersOfSets(data);
  const machine = announceMachine({ publish: false });
  console.log(versionsText(machine.versions));
  const rows: string[][] = [];
  for (const folder of folders) {
    const texts = readJudgedTexts(folder);
    const client = new EphemeralClient();
    try {
      const { collection, queries } = await fill(client, texts);
      for (const mode of MODES) {
        console.error(`${texts.name}: ${mode}`);
        rows.push([nameOf(texts), mode, ...(await measure(collection, texts, queries, mode))]);
      }
    } finally {
      await client.close();
    }
  }
  console.log(
    terminalTable({
      head: ["data set", "mode", "nDCG@10", "recall@100", "ms a query, 10 rows: median (range)"],
      wordColumns: 2,
      rows,
    }),
  );
  console.log("Times are without the encoding of the query. Vectors: the bundled model, fp32.");
}

async function fill(
  client: EphemeralClient,
  { name, documents, queries }: JudgedTexts,
): Promise<{ collection: Collection; queries: Matrix }> {
  const embed = (kind: string, texts: JudgedTexts["documents"]) =>
    textVectors(
      `${name}-${kind}`,
      texts.map(({ text }) => text),
      (step) => console.error(step),
    );
  const embeddings = await embed("documents", documents);
  const queryVectors = await embed("queries", queries);
  const collection = await client.createCollection({ name, embeddingFunction: null });
  await collection.add({
    ids: documents.map(({ id }) => id),
    documents: documents.map(({ text }) => text),
    embeddings,
  });
  return { collection, queries: queryVectors };
}

async function measure(
  collection: Collection,
  { queries, judgments }: JudgedTexts,
  vectors: Matrix,
  mode: SearchMode,
): Promise<string[]> {
  const gains: number[] = [];
  const recalls: number[] = [];
  const times: number[] = [];
  for (const [i, { id, text }] of queries.entries()) {
    const options = { query: text, queryEmbedding: vectors.row(i), mode };
    const ids = (await collection.search({ ...options, limit: 100 })).map((row) => row.id);
    const worths = judgments.get(id) ?? new Map<string, number>();
    gains.push(ndcgAtK(ids, worths, 10));
    recalls.push(recallAtK(ids, worths, 100));
    const start = performance.now();
    await collection.search(options);
    times.push(performance.now() - start);
  }
  return [fourDecimals(mean(gains)), fourDecimals(mean(recalls)), rangeText(spread(times))];
}

function nameOf({ name, documents, queries }: JudgedTexts): string {
  return `${name} (${documents.length.toLocaleString("en")} documents, ${queries.length} queries)`;
}

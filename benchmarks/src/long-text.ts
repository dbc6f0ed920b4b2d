/** `npm run bench -- long-text`: what reading long documents in windows does to search, beside cutting them. */
import { Command } from "commander";
import {
  type LongText,
  type Matrix,
  ndcgAtK,
  recallAtK,
  SentenceTransformer,
  semanticSearch,
} from "nigh";
import { count, fourDecimals } from "./figure-text.js";
import { foldersOfSets, type JudgedTexts, readJudgedTexts } from "./hybrid/judged-texts.js";
import { textVectors } from "./hybrid/text-vectors.js";
import { announceMachine } from "./machine.js";
import { mean } from "./statistics.js";
import { terminalTable } from "./table.js";

const LONG_TEXTS: readonly LongText[] = ["truncate", "chunk"];

export function longTextCommand(): Command {
  return new Command("long-text")
    .description("long documents read in windows beside cut ones: quality on judged data")
    .requiredOption("--data <folder>", "a folder of data sets in BEIR's files, such as scifact")
    .action(runLongText);
}

async function runLongText({ data }: { readonly data: string }): Promise<void> {
  announceMachine({ publish: false });
  const rows: string[][] = [];
  for (const folder of foldersOfSets(data)) {
    const texts = readJudgedTexts(folder);
    const isLong = await longDocuments(texts);
    const long = new Set(texts.documents.filter((_, i) => isLong[i]).map(({ id }) => id));
    // Queries that only long documents answer: what cutting loses is theirs.
    const ofLong = texts.queries.filter(({ id }) => {
      const worths = [...(texts.judgments.get(id) ?? [])].filter(([, worth]) => worth > 0);
      return worths.length > 0 && worths.every(([document]) => long.has(document));
    });
    const queries = await textVectors(
      `${texts.name}-queries`,
      texts.queries.map(({ text }) => text),
      (step) => console.error(step),
    );
    for (const longText of LONG_TEXTS) {
      const documents = await textVectors(
        `${texts.name}-documents${longText === "chunk" ? "-chunk" : ""}`,
        texts.documents.map(({ text }) => text),
        (step) => console.error(step),
        longText,
      );
      const ids = answers(texts, queries, documents);
      for (const [name, asked] of [
        ["all", texts.queries],
        ["about long documents", ofLong],
      ] as const) {
        if (asked.length === 0) continue;
        rows.push([
          `${texts.name} (${count(long.size)} of ${count(texts.documents.length)} documents long)`,
          `${name} (${asked.length})`,
          longText,
          fourDecimals(
            mean(asked.map(({ id }) => ndcgAtK(ids.get(id) ?? [], judged(texts, id), 10))),
          ),
          fourDecimals(
            mean(asked.map(({ id }) => recallAtK(ids.get(id) ?? [], judged(texts, id), 100))),
          ),
        ]);
      }
    }
  }
  console.log(
    terminalTable({
      head: ["data set", "queries", "longText", "nDCG@10", "recall@100"],
      wordColumns: 3,
      rows,
    }),
  );
  console.log("Long: beyond the 256 tokens that the bundled model reads. Vectors in fp32.");
}

async function longDocuments({ documents }: JudgedTexts): Promise<boolean[]> {
  const model = await SentenceTransformer.load("all-MiniLM-L6-v2");
  const tokens = await model.tokenize(documents.map(({ text }) => text));
  await model.close();
  return tokens.map(({ truncated }) => truncated);
}

function answers(
  { documents, queries }: JudgedTexts,
  asked: Matrix,
  vectors: Matrix,
): Map<string, string[]> {
  const found = semanticSearch(asked, vectors, { topK: 100 });
  return new Map(
    queries.map(({ id }, q) => [
      id,
      (found[q] ?? []).map(({ index }) => documents[index]?.id as string),
    ]),
  );
}

function judged({ judgments }: JudgedTexts, query: string): ReadonlyMap<string, number> {
  return judgments.get(query) ?? new Map();
}

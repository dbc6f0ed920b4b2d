/** Sets of documents, queries and judgments in the files of BEIR: corpus.jsonl, queries.jsonl, qrels.tsv. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";

export interface JudgedTexts {
  readonly name: string;
  readonly documents: readonly Text[];
  /** Those with judgments. */
  readonly queries: readonly Text[];
  /** Of each query's id: what each document's id is worth to it, when anything. */
  readonly judgments: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export interface Text {
  readonly id: string;
  readonly text: string;
}

const FILES = ["corpus.jsonl", "queries.jsonl", "qrels.tsv"] as const;

const TEXT_LINE = z.object({ _id: z.string(), title: z.string().optional(), text: z.string() });

/** The folder itself, or those in it, as far as they have the files. */
export function foldersOfSets(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new Error(`There is no folder ${folder}. ${EXPECTED}`);
  const folders = [folder, ...readdirSync(folder).map((name) => join(folder, name))];
  const found = folders.filter((path) => FILES.every((name) => existsSync(join(path, name))));
  if (found.length === 0) throw new Error(`${folder} holds no such set. ${EXPECTED}`);
  return found.sort();
}

const EXPECTED = `Expected a folder of data sets, such as scifact, each a folder with ${FILES.join(", ")} as in BEIR; they are not part of the repository.`;

export function readJudgedTexts(folder: string): JudgedTexts {
  const judgments = readJudgments(join(folder, "qrels.tsv"));
  return {
    name: basename(folder),
    documents: readTexts(join(folder, "corpus.jsonl")),
    queries: readTexts(join(folder, "queries.jsonl")).filter(({ id }) => judgments.has(id)),
    judgments,
  };
}

/** Title and text, joined as sentence-transformers and BEIR join them. */
function readTexts(file: string): Text[] {
  return linesOf(file).map((line) => {
    const { _id, title = "", text } = TEXT_LINE.parse(JSON.parse(line));
    return { id: _id, text: `${title} ${text}`.trim() };
  });
}

function readJudgments(file: string): Map<string, Map<string, number>> {
  const judgments = new Map<string, Map<string, number>>();
  for (const line of linesOf(file).slice(1)) {
    const [query = "", document = "", worth = ""] = line.split("\t");
    if (!judgments.has(query)) judgments.set(query, new Map());
    judgments.get(query)?.set(document, Number(worth));
  }
  return judgments;
}

function linesOf(file: string): string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

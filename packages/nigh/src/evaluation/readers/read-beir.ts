import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkKeys, checkTypes } from "../../shared/options.js";
import { badFile } from "./bad-file.js";
import { jsonLines } from "./json-lines.js";
import { textLines } from "./text-lines.js";

export interface ReadBeirOptions {
  /** Which judgments: qrels/SPLIT.tsv. Default "test", else the only ones there are. */
  split?: string;
}

/** A set of queries, documents and judgments, as `InformationRetrievalEvaluator` takes it. */
export interface BeirSet {
  /** Of the folder. */
  readonly name: string;
  /** Texts by ids; those without judgments too, such as the queries of other splits. */
  readonly queries: ReadonlyMap<string, string>;
  /** By ids the title, a space and the text. */
  readonly corpus: ReadonlyMap<string, string>;
  /** Of each query's id the grades of documents. */
  readonly relevantDocs: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

const WHERE = "readBeir";
const FILES = ["corpus.jsonl", "queries.jsonl"] as const;

/**
 * Reads a folder in the layout of BEIR (Thakur et al. 2021): corpus.jsonl with lines { _id, title, text }, queries.jsonl with { _id, text },
 * and judgments in qrels/SPLIT.tsv (or qrels.tsv) under the header "query-id", "corpus-id", "score".
 *
 * @throws NighError `ERR_FILE` naming file and line for what is missing or cannot be read, an id that comes twice, judgments of unknown
 * queries or documents; `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
 */
export async function readBeir(folder: string, options: ReadBeirOptions = {}): Promise<BeirSet> {
  checkKeys(WHERE, options, ["split"]);
  checkTypes(WHERE, options, { split: "string" });
  if (typeof folder !== "string") {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: the folder must be a path, found ${describe(folder)}.`,
    );
  }
  const missing = FILES.find((name) => !existsSync(join(folder, name)));
  if (missing !== undefined) {
    throw badFile(
      folder,
      undefined,
      `there is no ${missing}: expected a folder in BEIR's layout, with corpus.jsonl, queries.jsonl and qrels/test.tsv`,
    );
  }
  const judgments = findJudgments(folder, options.split);
  const corpus = await readTexts(join(folder, "corpus.jsonl"));
  const queries = await readTexts(join(folder, "queries.jsonl"));
  const relevantDocs = await readJudgments(judgments, queries, corpus);
  return { name: basename(resolve(folder)), queries, corpus, relevantDocs };
}

function findJudgments(folder: string, split: string | undefined): string {
  const inner = join(folder, "qrels");
  const files = existsSync(inner) ? readdirSync(inner).filter((name) => name.endsWith(".tsv")) : [];
  const plain = join(folder, "qrels.tsv");
  const wanted = `${split ?? "test"}.tsv`;
  if (files.includes(wanted)) return join(inner, wanted);
  const listed = files.length === 0 ? "none" : files.map((name) => `qrels/${name}`).join(", ");
  if (split !== undefined) {
    throw badFile(
      folder,
      undefined,
      `there is no qrels/${wanted}; of judgments there are: ${listed}`,
    );
  }
  if (files.length === 0 && existsSync(plain)) return plain;
  const [only] = files;
  if (files.length === 1 && only !== undefined) return join(inner, only);
  throw badFile(
    folder,
    undefined,
    files.length === 0
      ? "there are no judgments: expected qrels/test.tsv or qrels.tsv"
      : `there are judgments of several splits, ${listed}: name one`,
  );
}

async function readTexts(path: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { line, fields } of jsonLines(path)) {
    const { _id, title, text } = fields;
    const id = typeof _id === "number" && Number.isSafeInteger(_id) ? String(_id) : _id;
    if (typeof id !== "string") {
      throw badFile(path, line, `"_id" must be a string, found ${describe(_id)}`);
    }
    if (typeof text !== "string" || !(title === undefined || typeof title === "string")) {
      const [name, found] = typeof text === "string" ? ["title", title] : ["text", text];
      throw badFile(path, line, `"${name}" must be a string, found ${describe(found)}`);
    }
    if (texts.has(id)) throw badFile(path, line, `the id ${JSON.stringify(id)} is there twice`);
    texts.set(id, `${title ?? ""} ${text}`.trim());
  }
  if (texts.size > 0) return texts;
  throw badFile(path, undefined, "the file is empty");
}

async function readJudgments(
  path: string,
  queries: ReadonlyMap<string, string>,
  corpus: ReadonlyMap<string, string>,
): Promise<Map<string, Map<string, number>>> {
  const judgments = new Map<string, Map<string, number>>();
  let header = true;
  for await (const { number, text } of textLines(path)) {
    const columns = text.split("\t");
    if (header) {
      header = false;
      if (columns.join() === "query-id,corpus-id,score") continue;
      throw badFile(
        path,
        number,
        `expected the columns "query-id", "corpus-id" and "score", separated by tabs, found ${describe(text)}`,
      );
    }
    const [query = "", document = "", score = ""] = columns;
    const grade = score.trim() === "" ? Number.NaN : Number(score);
    if (columns.length !== 3 || !Number.isFinite(grade)) {
      throw badFile(
        path,
        number,
        `expected an id of a query, one of a document and a number, separated by tabs, found ${describe(text)}`,
      );
    }
    const unknown = queries.has(query) ? (corpus.has(document) ? undefined : "document") : "query";
    if (unknown !== undefined) {
      const id = JSON.stringify(unknown === "query" ? query : document);
      const file = unknown === "query" ? "queries.jsonl" : "corpus.jsonl";
      throw badFile(
        path,
        number,
        `there is no ${unknown} ${id} in ${file}: leave the judgment out`,
      );
    }
    const grades = judgments.get(query) ?? new Map<string, number>();
    judgments.set(query, grades);
    if (grades.has(document)) {
      throw badFile(
        path,
        number,
        `the document ${JSON.stringify(document)} is judged twice for the query ${JSON.stringify(query)}`,
      );
    }
    grades.set(document, grade);
  }
  if (judgments.size > 0) return judgments;
  throw badFile(path, undefined, "the file has no judgments");
}

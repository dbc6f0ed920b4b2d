/** The records to fill collections with, the queries, and their true answers. */
import { join } from "node:path";
import { count } from "../figure-text.js";
import type { VectorFiles } from "../indexes/data-sets.js";
import type { CollectionBench } from "./bench.js";
import { type CollectionData, NEIGHBOURS } from "./collection-round.js";
import { writeDocuments } from "./documents.js";
import { trueAnswers } from "./true-answers.js";

export interface CollectionSize {
  readonly rows: number;
  readonly queryRows: number;
}

/** The first rows of the files. */
export async function collectionData(
  name: string,
  files: VectorFiles,
  { rows, queryRows }: CollectionSize,
  { folder, onStep }: CollectionBench,
): Promise<CollectionData> {
  const vectors = { ...files.vectors, rows };
  const queries = { ...files.queries, rows: queryRows };
  const documents = join(folder, `documents-${rows}.txt`);
  await writeDocuments(documents, rows);
  onStep(`${name}: finding the true answers`);
  return {
    text: `${count(rows)} ${name}`,
    records: { vectors, documents },
    queries,
    truth: trueAnswers(vectors, queries, NEIGHBOURS),
  };
}

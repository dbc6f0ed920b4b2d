import { basename } from "node:path";
import type { Command } from "commander";
import { Matrix, NighError } from "../index.js";
import { collectionToRead, withDatabase } from "./database.js";
import { collectionOption, databaseOption, type ModelFlags, modelOptions } from "./options.js";
import { formatCount, print } from "./print.js";
import { readTexts, textFieldOption } from "./read-texts.js";
import { showsProgress, withModel } from "./with-model.js";
import { wrongUse } from "./wrong-use.js";

/** Texts with their vectors. */
export interface Corpus {
  /** The file, or the collection. */
  readonly source: string;
  /** Model that the vectors are from; null where that is not known. */
  readonly model: string | null;
  readonly ids: readonly string[];
  readonly texts: readonly string[];
  readonly vectors: Matrix;
  /** Texts that are longer than the model reads. */
  readonly truncated: number;
}

export interface CorpusFlags extends ModelFlags {
  db: string;
  collection?: string;
  textField?: string;
  json: boolean;
}

/** Adds the file and the flags that say where texts come from. */
export function addCorpus(command: Command): Command {
  command
    .argument(
      "[file]",
      "texts: one a line, .jsonl, .csv or .tsv (- is stdin); without it, a collection",
    )
    .addOption(databaseOption())
    .addOption(collectionOption())
    .addOption(textFieldOption());
  for (const option of modelOptions()) command.addOption(option);
  return command;
}

/**
 * Texts of a file, encoded by the model of the flags; or the records of a collection, with the vectors that they have.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for a file and flags of a collection, `ERR_FILE`, `ERR_NOT_FOUND`, `ERR_ABORTED`.
 */
export async function readCorpus(
  file: string | undefined,
  flags: CorpusFlags,
  command: Command,
  signal: AbortSignal,
): Promise<Corpus> {
  const given = (name: string) => command.getOptionValueSource(name) === "cli";
  if (file === undefined) {
    const ofFiles = ["model", "dtype", "threads", "textField"].find(given);
    if (ofFiles === undefined) return collectionCorpus(flags);
    throw wrongUse(
      `--${ofFiles === "textField" ? "text-field" : ofFiles} is for the texts of a file; records of a collection have their vectors: leave it out, or name a file.`,
    );
  }
  if (given("db") || given("collection")) {
    throw wrongUse("Found a file and a collection, expected one of them.");
  }
  const { ids, texts } = await readTexts(file, flags.textField);
  if (texts.length === 0) {
    throw new NighError(
      "ERR_FILE",
      `${nameOf(file)} has no text: expected one a line, or rows of a table.`,
    );
  }
  return withModel(flags, async (model) => {
    let truncated = 0;
    const vectors = await model.encode(texts, {
      showProgressBar: showsProgress(flags.json),
      signal,
      onProgress: (progress) => {
        truncated = progress.truncated;
      },
    });
    return { source: nameOf(file), model: model.name, ids, texts, vectors, truncated };
  });
}

async function collectionCorpus(flags: CorpusFlags): Promise<Corpus> {
  return withDatabase(flags.db, { make: false }, async (client) => {
    const collection = await collectionToRead(client, flags.collection);
    const { ids, documents, embeddings } = await collection.get({
      include: ["documents", "embeddings"],
    });
    return {
      source: collection.name,
      model: collection.embedder?.name ?? null,
      ids,
      texts: documents?.map((text) => text ?? "") ?? [],
      vectors: Matrix.from(embeddings ?? []),
      truncated: 0,
    };
  });
}

/** Says what was cut, where something was. */
export function printTruncated({ truncated }: Corpus): void {
  if (truncated === 0) return;
  print(
    `${formatCount(truncated)} texts are longer than the model reads: only their beginning counts.`,
  );
}

/** What a text is shown as: itself, or its id where a record has no document. */
export function shownText({ texts, ids }: Corpus, row: number): string {
  return texts[row] || (ids[row] as string);
}

function nameOf(file: string): string {
  return file === "-" ? "stdin" : basename(file);
}

import { Command, Option } from "commander";
import type {
  Collection,
  CollectionSearchOptions,
  CrossEncoder,
  PersistentClient,
  SearchMode,
  SearchRow,
  Where,
  WhereDocument,
} from "../index.js";
import { collectionToRead, withDatabase, withEmbedder } from "./database.js";
import { jsonFlag } from "./json-flag.js";
import {
  collectionOption,
  databaseOption,
  jsonOption,
  type ModelFlags,
  modelOptions,
  OF_COLLECTION,
  positiveInteger,
  thresholdFlag,
} from "./options.js";
import { print, printJson } from "./print.js";
import { answerOf, printAnswers } from "./print-answers.js";
import { withReranker } from "./with-reranker.js";

interface SearchFlags extends ModelFlags {
  db: string;
  collection?: string;
  k: number;
  threshold?: number | "calibrated";
  where?: Where;
  whereDocument?: WhereDocument;
  mode: SearchMode;
  rerank?: string;
  candidates?: number;
  highlight: boolean;
  explain: boolean;
  json: boolean;
}

export function searchCommand(): Command {
  const command = new Command("search")
    .description("Find the records that answer a question best, by meaning and by words.")
    .argument("<query...>", "what to look for")
    .addOption(databaseOption())
    .addOption(collectionOption())
    .option("-k <n>", "most answers", positiveInteger, 5)
    .option(
      "--threshold <x>",
      "reject answers of less similarity, -1 to 1 (mode keyword: of a lower BM25); calibrated: that of nigh calibrate",
      thresholdFlag,
    )
    .option(
      "--where <json>",
      `only where metadata match, e.g. '{"year": {"$gte": 2000}}'`,
      jsonFlag,
    )
    .option(
      "--where-document <json>",
      `only where the text matches, e.g. '{"$contains": "boiler"}'`,
      jsonFlag,
    )
    .addOption(
      new Option("--mode <mode>", "by meaning, by words, or by both")
        .choices(["semantic", "keyword", "hybrid"])
        .default("hybrid"),
    )
    .option(
      "--rerank <model>",
      "order the best anew by a cross-encoder, e.g. ms-marco-MiniLM-L6-v2, or a folder",
    )
    .option("--candidates <n>", "how many of the best are reranked (default: 50)", positiveInteger)
    .option("--highlight", "with --json too, find the sentence that answers best", false)
    .option("--explain", "say of each answer why it was found", false)
    .addOption(jsonOption());
  for (const option of modelOptions({ model: OF_COLLECTION })) command.addOption(option);
  return command.action(async (words: string[], flags: SearchFlags) => {
    const query = words.join(" ");
    await withDatabase(flags.db, { make: false }, async (client) => {
      const stored = await collectionToRead(client, flags.collection);
      const count = await stored.count();
      const rows =
        count === 0
          ? []
          : await withReranker(flags, (rerank) => search(client, stored, query, flags, rerank));
      if (flags.json) {
        const { name, embedder } = stored;
        const { mode, rerank } = flags;
        printJson({
          ...{ query, mode, collection: name, model: embedder?.name ?? null },
          ...(rerank !== undefined && { rerank }),
          answers: rows,
        });
      } else if (rows.length === 0) {
        print(whyNone(count, flags));
      } else {
        printAnswers(rows.map(answerOf), { explain: flags.explain });
      }
    });
  });
}

/** Words are looked for without a model. */
function search(
  client: PersistentClient,
  stored: Collection,
  query: string,
  flags: SearchFlags,
  rerank: CrossEncoder | undefined,
): Promise<SearchRow[]> {
  const { mode, k: limit, json } = flags;
  const highlight = flags.highlight || (!json && mode !== "keyword");
  const options: CollectionSearchOptions = {
    query,
    mode,
    limit,
    threshold: flags.threshold,
    where: flags.where,
    whereDocument: flags.whereDocument,
    rerank,
    candidates: flags.candidates,
    highlight,
    explain: flags.explain || !json,
  };
  if (mode === "keyword" && !highlight) return stored.search(options);
  return withEmbedder(client, stored.name, { ...flags, otherwise: "fp32" }, (open) =>
    open.search(options),
  );
}

function whyNone(count: number, { threshold, where, whereDocument }: SearchFlags): string {
  if (count === 0) return "The collection is empty.";
  if (threshold !== undefined) return "Nothing reaches the threshold.";
  return (where ?? whereDocument)
    ? "Nothing that passes the filter was found."
    : "Nothing was found.";
}

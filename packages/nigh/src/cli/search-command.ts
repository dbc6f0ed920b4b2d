import { Command } from "commander";
import { NighError, PassageDatabase } from "../index.js";
import {
  databaseOption,
  finiteNumber,
  jsonOption,
  type ModelFlags,
  modelOptions,
  OF_DATABASE,
  positiveInteger,
  withDatabaseModel,
} from "./options.js";
import { print, printJson } from "./print.js";
import { printAnswers } from "./print-answers.js";
import { withModel } from "./with-model.js";

interface SearchFlags extends ModelFlags {
  db: string;
  k: number;
  threshold?: number;
  highlight: boolean;
  json: boolean;
}

export function searchCommand(): Command {
  const command = new Command("search")
    .description("Find the passages nearest in meaning to a question.")
    .argument("<query...>", "what to look for")
    .addOption(databaseOption())
    .option("-k <n>", "most answers", positiveInteger, 5)
    .option("--threshold <x>", "reject answers with a lower score, -1 to 1", finiteNumber)
    .option("--highlight", "with --json too, find the sentence that answers best", false)
    .addOption(jsonOption());
  for (const option of modelOptions({ model: OF_DATABASE })) command.addOption(option);
  return command.action(async (words: string[], flags: SearchFlags) => {
    const query = words.join(" ");
    const database = await PassageDatabase.open(flags.db);
    const { model } = database;
    if (model === undefined) {
      throw new NighError(
        "ERR_DATABASE",
        `There is no database in ${flags.db}: make one with nigh index FILES --db ${flags.db}, or nigh demo.`,
      );
    }
    const answers = await withModel(withDatabaseModel(flags, model), (embedder) =>
      database.search(query, embedder, {
        topK: flags.k,
        highlight: flags.highlight || !flags.json,
        ...(flags.threshold === undefined ? {} : { threshold: flags.threshold }),
      }),
    );
    if (flags.json) {
      printJson({
        query,
        model: model.name,
        answers: answers.map(({ passage, score, highlight }) => ({ score, ...passage, highlight })),
      });
    } else if (answers.length === 0) {
      print(whyNone(database.size, flags.threshold));
    } else {
      printAnswers(answers);
    }
  });
}

function whyNone(size: number, threshold: number | undefined): string {
  if (size === 0) return "The database is empty.";
  return threshold === undefined ? "Nothing was found." : "No passage reaches the threshold.";
}

import { Command } from "commander";
import { NighError, PassageDatabase } from "../index.js";
import {
  databaseOption,
  finiteNumber,
  jsonOption,
  type ModelFlags,
  modelOptions,
  positiveInteger,
} from "./options.js";
import { print, printJson } from "./print.js";
import { printAnswers } from "./print-answers.js";
import { withModel } from "./with-model.js";

interface SearchFlags extends ModelFlags {
  db: string;
  k: number;
  threshold?: number;
  json: boolean;
}

export function searchCommand(): Command {
  const command = new Command("search")
    .description("Find the passages nearest in meaning to a question.")
    .argument("<query...>", "what to look for")
    .addOption(databaseOption())
    .option("-k <n>", "most answers", positiveInteger, 5)
    .option("--threshold <x>", "reject answers with a lower score, -1 to 1", finiteNumber)
    .addOption(jsonOption());
  for (const option of modelOptions()) command.addOption(option);
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
    const answers = await withModel(flags, (embedder) =>
      database.search(query, embedder, {
        topK: flags.k,
        highlight: true,
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
      print("No passage reaches the threshold.");
    } else {
      printAnswers(answers);
    }
  });
}

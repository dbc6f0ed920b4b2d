import { Command, Option } from "commander";
import { NighError, type Optimized, readLabelledPairs } from "../index.js";
import { collectionToRead, withDatabase, withEmbedder } from "./database.js";
import {
  collectionOption,
  databaseOption,
  jsonOption,
  type ModelFlags,
  modelOptions,
  OF_COLLECTION,
} from "./options.js";
import { formatScore, print, printJson } from "./print.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress } from "./with-model.js";

interface CalibrateFlags extends ModelFlags {
  pairs?: string;
  db: string;
  collection?: string;
  optimize: Optimized;
  json: boolean;
}

export function calibrateCommand(): Command {
  const command = new Command("calibrate")
    .description(
      "Find from which score on a record answers a question, for nigh search --threshold calibrated.",
    )
    .option(
      "--pairs <file>",
      "CSV or JSONL of query, document, label: 1 where it answers, else 0; some dozens or more",
    )
    .addOption(
      new Option("--optimize <what>", "what the threshold is best at")
        .choices(["f1", "accuracy"])
        .default("f1"),
    )
    .addOption(databaseOption())
    .addOption(collectionOption())
    .addOption(jsonOption());
  for (const option of modelOptions({ model: OF_COLLECTION })) command.addOption(option);
  return command.action(async (flags: CalibrateFlags) => {
    const { pairs: file, db, optimize, json } = flags;
    if (file === undefined) {
      throw new NighError("ERR_INVALID_ARGUMENT", "Found no pairs, expected --pairs FILE.");
    }
    const pairs = await readLabelledPairs(file);
    await withDatabase(db, { make: false }, async (client) => {
      const { name } = await collectionToRead(client, flags.collection);
      const found = await stopOnInterrupt("The collection is as it was.", (signal) =>
        withEmbedder(client, name, { ...flags, otherwise: "fp32" }, (collection) =>
          collection.calibrate(pairs, { optimize, signal, showProgressBar: showsProgress(json) }),
        ),
      );
      if (json) return printJson({ db, collection: name, calibration: found });
      const { threshold, precision, recall, f1, accuracy, positives } = found;
      print(
        `${name}: an answer is what scores ${formatScore(threshold)} or more (best ${optimize === "f1" ? "F1" : "accuracy"}, ${found.embedder.name})`,
      );
      print(
        `on these ${pairs.length} pairs, ${positives} of which belong together: precision ${formatScore(precision)}, recall ${formatScore(recall)}, F1 ${formatScore(f1)}, accuracy ${formatScore(accuracy)}`,
      );
      print(`use it: nigh search "…" --db ${db} --threshold calibrated`);
    });
  });
}

import { access, constants } from "node:fs/promises";
import { Command } from "commander";
import pc from "picocolors";
import { type Imported, type ImportOptions, NighError } from "../index.js";
import { withDatabase } from "./database.js";
import {
  collectionOption,
  databaseOption,
  jsonOption,
  type ModelFlags,
  modelOptions,
} from "./options.js";
import { formatCount, print, printJson, shorten } from "./print.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress, withModel } from "./with-model.js";

interface ImportFlags extends ModelFlags {
  db: string;
  collection?: string;
  upsert: boolean;
  json: boolean;
}

export function importCommand(): Command {
  const command = new Command("import")
    .description("Read a file that nigh export wrote, or another table of records.")
    .argument("<file>", "file that ends in .jsonl, .ndjson or .parquet")
    .addOption(databaseOption())
    .addOption(collectionOption("the name that the file tells"))
    .option(
      "--upsert",
      "change records whose ids are there already, instead of leaving them",
      false,
    )
    .addOption(jsonOption());
  for (const option of modelOptions()) command.addOption(option);
  return command.action(async (file: string, flags: ImportFlags) => {
    await checkIsThere(file);
    await withDatabase(flags.db, { make: true }, async (client) => {
      const start = performance.now();
      const { collection, ...imported } = await stopOnInterrupt(
        "What was imported so far is stored: run the same command again to go on from there.",
        (signal) =>
          withNamedModel(flags, (embeddingFunction) =>
            client.importCollection(file, {
              ...(flags.collection === undefined ? {} : { name: flags.collection }),
              embeddingFunction,
              upsert: flags.upsert,
              showProgressBar: showsProgress(flags.json),
              signal,
            }),
          ),
      );
      const seconds = (performance.now() - start) / 1000;
      const total = await collection.count();
      const { name } = collection;
      if (flags.json)
        printJson({ db: flags.db, collection: name, file, ...imported, total, seconds });
      else printReport(flags.db, name, file, imported, total, seconds);
    });
  });
}

/** Before a database is made for it. @throws NighError `ERR_FILE`. */
async function checkIsThere(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw new NighError(
      "ERR_FILE",
      `${file}: the file cannot be read: ${(error as Error).message}.`,
    );
  }
}

/** A model is only loaded for records without a vector, or where one is named. */
function withNamedModel<T>(
  flags: ModelFlags,
  work: (model: NonNullable<ImportOptions["embeddingFunction"]> | undefined) => Promise<T>,
): Promise<T> {
  const { model, dtype, threads, longText } = flags;
  const isNamed = [model, dtype, threads, longText].some((flag) => flag !== undefined);
  return isNamed ? withModel(flags, work) : work(undefined);
}

function printReport(
  db: string,
  name: string,
  file: string,
  { added, updated, skipped, encoded, truncated }: Imported,
  total: number,
  seconds: number,
): void {
  const parts = [`${formatCount(added)} records added`];
  if (updated > 0) parts.push(`${formatCount(updated)} changed`);
  if (encoded > 0) parts.push(`${formatCount(encoded)} encoded`);
  print(`${pc.green("done")} ${parts.join(", ")} from ${file} in ${seconds.toFixed(1)} s`);
  if (skipped.length > 0) {
    const ids = skipped.slice(0, 3).map((id) => `"${shorten(id, 40)}"`);
    const more = skipped.length > ids.length ? " …" : "";
    print(
      `${formatCount(skipped.length)} ids were there already, and their records stay as they are (--upsert changes them): ${ids.join(", ")}${more}`,
    );
  }
  if (truncated > 0)
    print(
      `${formatCount(truncated)} texts are longer than the model reads: only their beginning counts.`,
    );
  print(`The collection "${name}" in ${db} holds ${formatCount(total)} records.`);
}

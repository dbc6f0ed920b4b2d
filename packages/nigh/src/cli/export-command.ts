import { statSync } from "node:fs";
import { Command } from "commander";
import pc from "picocolors";
import { formatBytes } from "../shared/format-bytes.js";
import { collectionToRead, withDatabase } from "./database.js";
import { collectionOption, databaseOption, jsonOption } from "./options.js";
import { formatCount, print, printJson } from "./print.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress } from "./with-model.js";

interface ExportFlags {
  db: string;
  collection?: string;
  json: boolean;
}

export function exportCommand(): Command {
  return new Command("export")
    .description("Write a collection to a file, with its vectors: .jsonl or .parquet.")
    .argument("<file>", "file that ends in .jsonl, .ndjson or .parquet; replaced where it is there")
    .addOption(databaseOption())
    .addOption(collectionOption())
    .addOption(jsonOption())
    .action(async (file: string, flags: ExportFlags) => {
      await withDatabase(flags.db, { make: false }, async (client) => {
        const start = performance.now();
        const collection = await collectionToRead(client, flags.collection);
        const showProgressBar = showsProgress(flags.json);
        const { records } = await stopOnInterrupt("No file was written.", (signal) =>
          collection.export(file, { showProgressBar, signal }),
        );
        const bytes = statSync(file).size;
        const seconds = (performance.now() - start) / 1000;
        const { name } = collection;
        if (flags.json)
          printJson({ db: flags.db, collection: name, file, records, bytes, seconds });
        else
          print(
            `${pc.green("done")} ${formatCount(records)} records of "${name}" are in ${file} (${formatBytes(bytes)}), ${seconds.toFixed(1)} s`,
          );
      });
    });
}

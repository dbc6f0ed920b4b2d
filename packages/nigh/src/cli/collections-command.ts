import { Command } from "commander";
import { formatBytes } from "../shared/format-bytes.js";
import { withDatabase } from "./database.js";
import { databaseOption, jsonOption } from "./options.js";
import { print, printJson, printTable } from "./print.js";

export function collectionsCommand(): Command {
  return new Command("collections")
    .description("List the collections of a database: records, embedder, index, bytes.")
    .addOption(databaseOption())
    .addOption(jsonOption())
    .action(async ({ db, json }: { db: string; json: boolean }) => {
      await withDatabase(db, { make: false }, async (client) => {
        const collections = await Promise.all(
          (await client.listCollections()).map(async (collection) => ({
            name: collection.name,
            space: collection.configuration.hnsw.space,
            ...(await collection.stats()),
          })),
        );
        if (json) return printJson({ db, collections });
        const file = collections[0]?.database;
        if (file === undefined) return print(`${db} has no collection.`);
        printTable(
          ["name", "records", "dimensions", "embedder", "space", "search", "bytes"],
          collections.map(({ name, records, dimension, embedder, space, index, bytes }) => [
            name,
            records,
            dimension ?? "",
            embedder ?? "",
            space,
            index.kind,
            formatBytes(bytes.records + bytes.vectors + bytes.metadata + bytes.words),
          ]),
        );
        print();
        print(
          `${db}: ${formatBytes(file.live)} in use, ${formatBytes(file.dead)} of deleted records (nigh doctor --compact gives them back), ${formatBytes(file.slack)} of room within pages`,
        );
      });
    });
}

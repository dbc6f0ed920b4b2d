// Does what it is told, a line of JSON each, and answers in a line of JSON. Arguments: the database's folder, waitMs.
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PersistentClient } from "nigh";
import { openSqlite } from "../../dist/store/sqlite.js";

const [path, waitMs] = process.argv.slice(2);
let client;
let sqlite;

const COMMANDS = {
  open: () => {
    client = new PersistentClient({ path, waitMs: Number(waitMs) });
  },
  client: (method, ...given) => client[method](...given).then(() => undefined),
  collection: async (name, method, ...given) => {
    const collection = await client.getCollection({ name, embeddingFunction: null });
    return collection[method](...given);
  },
  // Writes from now on, one write waiting behind the other.
  writeOn: async (name, records) => {
    const collection = await client.getCollection({ name, embeddingFunction: null });
    const ids = Array.from({ length: records }, (_, i) => `other${i}`);
    const embeddings = ids.map((_, i) => [i, 1]);
    const again = () => collection.upsert({ ids, embeddings }).then(again, again);
    for (let i = 0; i < 3; i++) again();
  },
  // SQL of a connection of its own: to hold a transaction.
  sql: (sql) => {
    sqlite ??= openSqlite(join(path, "nigh.sqlite3"));
    return sqlite.prepare(sql).all();
  },
  close: () => client.close(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...given] = JSON.parse(line);
  let answer;
  try {
    answer = { value: await COMMANDS[command](...given) };
  } catch (error) {
    answer = { code: error.code ?? error.name, message: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

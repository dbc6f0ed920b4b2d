// Opens a database, carries out batches one by one, compacts and closes, while the disk fails at some instant. What fails is tried
// again, at last with a new client. Says as lines of JSON what was done, what failed, and what the client showed after a failure.
// Arguments: the database's folder, the file of the batches, a line of JSON each.
import { readFileSync, writeSync } from "node:fs";
import { NighError, PersistentClient } from "nigh";
import { carryOut } from "./carry-out.mjs";

const [path, file] = process.argv.slice(2);
const batches = readFileSync(file, "utf8")
  .split("\n")
  .map((line) => JSON.parse(line));
const TRIES = 4;
/** So many batches come after compacting: closing has a log to empty. */
const AFTER_COMPACT = 3;
let client;

function say(line) {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function dump() {
  const collections = [];
  for (const { name, configuration } of await client.listCollections()) {
    const collection = await client.getCollection({ name, embeddingFunction: null });
    const all = await collection.get({ include: ["documents", "metadatas", "embeddings"] });
    const records = all.rows().map((row) => ({ ...row, embedding: [...row.embedding] }));
    collections.push({ name, space: configuration.hnsw.space, records });
  }
  return collections;
}

/** Tries again after a failure: twice with the same client, then with a new one. */
async function persist(step, work) {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      say({ step, done: tries });
      return;
    } catch (error) {
      const { name, code, message } = error;
      say({ step, tries, failed: { isNigh: error instanceof NighError, name, code, message } });
      if (tries === TRIES) throw error;
    }
    if (client === undefined) continue;
    // What is shown now is what was acknowledged, and maybe all of what failed.
    try {
      say({ step, shown: await dump() });
    } catch (error) {
      say({ step, unreadable: error.message });
    }
    if (tries >= 2) {
      await client.close().catch(() => undefined);
      client = new PersistentClient({ path });
    }
  }
}

await persist("open", () => {
  client = new PersistentClient({ path });
});
for (const [i, batch] of batches.entries()) {
  if (i === batches.length - AFTER_COMPACT) await persist("compact", () => client.compact());
  await persist(i, () => carryOut(client, batch));
}
try {
  await client.close();
  say({ step: "close", done: 1 });
} catch (error) {
  const { name, code, message } = error;
  say({ step: "close", failed: { isNigh: error instanceof NighError, name, code, message } });
}

// Carries out the batches of a file, a line of JSON each, one by one, and says the number of each when its promise is fulfilled.
// Then it closes, and waits to be killed.
// Arguments: the database's folder, the file, the number of the first batch.
import { readFileSync, writeSync } from "node:fs";
import { PersistentClient } from "nigh";
import { carryOut } from "./carry-out.mjs";

const [folder, file, first] = process.argv.slice(2);
const batches = readFileSync(file, "utf8")
  .split("\n")
  .map((line) => JSON.parse(line));
const client = new PersistentClient({ path: folder });
writeSync(1, "open\n");
for (const [i, batch] of batches.entries()) {
  await carryOut(client, batch);
  writeSync(1, `${Number(first) + i}\n`);
}
await client.close();
setInterval(() => {}, 60_000);

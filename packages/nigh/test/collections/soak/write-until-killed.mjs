/** Performs the writes that it is sent, one after the other, and says after each that it is stored. */
import { PersistentClient } from "nigh";
import { perform } from "./calls.mjs";

process.once("message", async ({ folder, name, writes }) => {
  const client = new PersistentClient({ path: folder, waitMs: 60_000 });
  const collection = await client.getCollection({ name, embeddingFunction: null });
  const say = () => new Promise((resolve) => process.send("stored", resolve));
  // One more than there are writes: the first says that it is ready.
  await say();
  for (const write of writes) {
    await perform(collection, write).catch((error) => {
      if (typeof error.code !== "string") throw error;
    });
    await say();
  }
  await client.close();
  process.disconnect();
});

import { EphemeralClient } from "nigh";
import { expect, it } from "vitest";
import { bare } from "./collections/clients.js";

const DIMENSIONS = 384;
const MANY_VECTORS = 256 * 4 * DIMENSIONS;

it("a changed record takes memory for some copies of its vector, not for hundreds of them", async () => {
  const client = new EphemeralClient();
  const notes = await bare(client);
  const vector = (n: number) => Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(n + i));
  await notes.add({ ids: ["a", "b"], embeddings: [vector(1), vector(2)] });
  // From now on vectors are in memory, and follow what is written.
  await notes.query({ queryEmbeddings: [vector(1)], nResults: 1 });

  const before = process.memoryUsage().arrayBuffers;
  await notes.upsert({ ids: ["b"], embeddings: [vector(3)] });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MANY_VECTORS);
  await client.close();
});

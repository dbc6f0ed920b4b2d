import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Collection, EphemeralClient, Matrix, PersistentClient } from "nigh";
import { afterEach, describe, expect, it } from "vitest";
import { type AnyClient, bare } from "./collections/clients.js";
import { clustered } from "./collections/clustered.js";
import { refused } from "./collections/refused.js";
import { temporaryFolder } from "./shared/temporary-folder.js";
import { until } from "./shared/until.js";

/** Reading these takes many turns on any machine; a graph takes longer to build, and to read. */
const ALL = clustered(24_000, 256);
const FEW = new Matrix(ALL.data.slice(0, 6000 * 256), 6000, 256);

/** Counts the turns that others have, until it is told to end. */
function countTurns(): () => number {
  let turns = 0;
  let done = false;
  const count = () => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  return () => {
    done = true;
    return turns;
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each(["EphemeralClient", "PersistentClient", "PersistentClient with a saved graph"])(
  "%s: vectors are loaded",
  (kind) => {
    const vectors = kind.includes("graph") ? FEW : ALL;
    const COUNT = vectors.shape[0];
    const ids = Array.from(vectors, (_, i) => `r${i}`);
    let client: AnyClient;
    afterEach(() => client.close());

    /** A collection whose vectors are not in memory. */
    async function filled(): Promise<Collection> {
      const path = temporaryFolder();
      const hasGraph = kind.includes("graph");
      const make = () =>
        kind === "EphemeralClient" ? new EphemeralClient() : new PersistentClient({ path });
      client = make();
      const configuration = { hnsw: { sync_threshold: hasGraph ? 3000 : 50_000 } };
      const notes = await bare(client, { configuration });
      await notes.add({ ids, embeddings: vectors });
      if (!hasGraph) return notes;
      await until(async () => !(await notes.stats()).index.isBuilding);
      await until(() => existsSync(join(path, `${notes.id}.graph`)));
      await client.close();
      client = make();
      return client.getCollection({ name: "notes", embeddingFunction: null });
    }

    it("between other work, once for all who wait", async () => {
      const notes = await filled();
      const ended = countTurns();
      const found = await Promise.all(
        [7, 8, 9].map((i) => notes.query({ queryEmbeddings: [vectors.row(i)], nResults: 1 })),
      );
      expect(found.map((result) => result.ids[0])).toEqual([["r7"], ["r8"], ["r9"]]);
      expect(ended()).toBeGreaterThan(1);
      const { index } = await notes.stats();
      expect(index.inGraph + index.exact).toBe(COUNT);
      expect(index.kind).toBe(kind.includes("graph") ? "hnsw" : "exact");
    });

    it("with what is written meanwhile", async () => {
      const notes = await filled();
      let done = false;
      const first = notes.query({ queryEmbeddings: [vectors.row(7)] }).finally(() => {
        done = true;
      });
      // Some of each kind, from both ends: of what was read already, and what was not.
      let rounds = 0;
      for (let i = 0; !done; i++, rounds++) {
        await turn();
        const [low, high] = [ids[100 + i] as string, ids[COUNT - 1 - i] as string];
        await notes.delete({ ids: [low, high] });
        await notes.add({ ids: [`new${i}`], embeddings: [vectors.row(i)] });
        await notes.update({
          ids: [ids[2000 + i] as string, ids[5000 - i] as string],
          embeddings: [vectors.row(i + 1), vectors.row(i + 2)],
        });
      }
      await first;
      expect(rounds).toBeGreaterThan(1);
      const all = await notes.get({ include: ["embeddings"] });
      const { index } = await notes.stats();
      expect(index.inGraph + index.exact).toBe(all.ids.length);
      const found = await notes.query({ queryEmbeddings: [vectors.row(7)], nResults: COUNT * 2 });
      expect([...(found.ids[0] ?? [])].sort()).toEqual([...all.ids].sort());
      for (const i of [2000, 5000, 2000 + rounds - 1, 5001 - rounds]) {
        const at = all.ids.indexOf(ids[i] as string);
        const { ids: nearest, distances } = await notes.query({
          queryEmbeddings: [all.embeddings?.[at] as Float32Array],
          ids: [ids[i] as string],
        });
        expect(nearest).toEqual([[ids[i]]]);
        expect(distances?.[0]?.[0]).toBeCloseTo(0, 5);
      }
    });

    it("no more when the client is closed or the collection deleted", async () => {
      const notes = await filled();
      const question = { queryEmbeddings: [vectors.row(7)] };
      const waiting = [notes.query(question), notes.query(question)];
      await turn();
      await client.deleteCollection({ name: "notes" });
      for (const query of waiting) await refused(() => query, "ERR_NOT_FOUND", "deleted");
      const again = await bare(client, { name: "again" });
      await again.add({ ids, embeddings: vectors });
      const late = again.query(question);
      const ended = refused(() => late, "ERR_CLOSED");
      await turn();
      await client.close();
      await ended;
    });
  },
);

import { EphemeralClient, IndexFlatIP, IndexHNSWFlat, IndexIVFFlat, NighError } from "nigh";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, reasonToSkip } from "./browser/chromium.js";
import { openBrowser, openPage } from "./browser/open-browser.js";
import { Site } from "./browser/site.js";

const SENTENCES = [
  "A cat sleeps on the warm roof.",
  "The kitten rests in the sun.",
  "Stocks fell sharply on Monday.",
  "The bank raised its interest rate.",
  "Error 0x8007045D while copying the file.",
  "Die Katze schläft auf dem Dach.",
];

/** Vectors that are the same on both sides. */
function vectors(rows: number, d: number): number[][] {
  let seed = 1;
  const next = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  return Array.from({ length: rows }, () => Array.from({ length: d }, () => Math.fround(next())));
}

describe.skipIf(!findChromium())(`Collections and indexes in Chromium${reasonToSkip()}`, () => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  beforeAll(async () => {
    site = await Site.open();
    browser = await openBrowser();
    ({ page, errors } = await openPage(site, browser));
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
    expect(errors).toEqual([]);
  });

  it("find exactly what Node's indexes find: flat, IVF and HNSW", async () => {
    const stored = vectors(3000, 32);
    const queries = vectors(20, 32).reverse();
    const found = await page.evaluate(
      ({ stored, queries }) => {
        const flat = new nigh.IndexFlatIP(32);
        const ivf = new nigh.IndexIVFFlat(new nigh.IndexFlatL2(32), 32, 16, nigh.METRIC_L2);
        const hnsw = new nigh.IndexHNSWFlat(32, 16, nigh.METRIC_L2);
        ivf.train(stored);
        return [flat, ivf, hnsw].map((index) => {
          index.add(stored);
          const { distances, labels } = index.search(queries, 5);
          return { distances: [...distances], labels: [...labels].map(Number) };
        });
      },
      { stored, queries },
    );
    const { IndexFlatL2, METRIC_L2 } = await import("nigh");
    const ivf = new IndexIVFFlat(new IndexFlatL2(32), 32, 16, METRIC_L2);
    ivf.train(stored);
    const indexes = [new IndexFlatIP(32), ivf, new IndexHNSWFlat(32, 16, METRIC_L2)];
    for (const [i, index] of indexes.entries()) {
      index.add(stored);
      const { distances, labels } = index.search(queries, 5);
      expect(found[i]?.labels).toEqual([...labels].map(Number));
      expect(found[i]?.distances).toEqual([...distances]);
    }
  });

  it("refuse threads of an index, which are Node's", async () => {
    const error = await page.evaluate(
      (vectors) => {
        try {
          const index = new nigh.IndexFlatIP(8, { threads: 2 });
          index.add(vectors);
          index.search(vectors, 3);
        } catch (error) {
          return {
            code: (error as { code: string }).code,
            isNigh: error instanceof nigh.NighError,
          };
        }
        return undefined;
      },
      vectors(500, 8),
    );
    expect(error).toEqual({ code: "ERR_RUNTIME", isNigh: true });
  });

  it("answer as Node's do: add, get, query, filters, keyword and hybrid search, delete", async () => {
    const work = async (client: EphemeralClient, options: object) => {
      const notes = await client.createCollection({ name: "notes", ...options });
      const ids = SENTENCES.map((_, i) => `note ${i}`);
      const metadatas = SENTENCES.map((_, i) => ({ place: i, kind: i < 2 ? "cat" : "other" }));
      const added = await notes.add({ ids, documents: SENTENCES, metadatas });
      const again = await notes.add({ ids: ["note 0"], documents: ["twice"] });
      const query = await notes.query({ queryTexts: ["a resting animal"], nResults: 3 });
      const filtered = await notes.query({
        queryTexts: ["a resting animal"],
        where: { $and: [{ place: { $gte: 1 } }, { kind: "cat" }] },
      });
      const pattern = await notes.get({ whereDocument: { $regex: "0x[0-9A-F]+" } });
      const words = await notes.search({ query: "0x8007045D", mode: "keyword" });
      const hybrid = await notes.search({ query: "cat on the roof", limit: 3, explain: true });
      const reranked = await notes.search({
        query: "cat",
        limit: 2,
        rerank: async (_: string, documents: readonly string[]) => documents.map((d) => d.length),
      });
      await notes.modify({ name: "renamed" });
      const deleted = await notes.delete({ where: { kind: "cat" } });
      return {
        added,
        again,
        rows: query.rows(),
        filtered: filtered.ids,
        pattern: pattern.rows(),
        words: words.map(({ id }) => id),
        hybrid: hybrid.map(({ id, why }) => ({ id, why: typeof why })),
        reranked: reranked.map(({ id, score }) => ({ id, score })),
        name: notes.name,
        deleted,
        count: await notes.count(),
        names: (await client.listCollections()).map(({ name }) => name),
      };
    };
    const inBrowser = await page.evaluate(
      async ({ source, SENTENCES }) => {
        const run = new Function("SENTENCES", `return ${source}`)(SENTENCES);
        const client = new nigh.EphemeralClient();
        const answer = await run(client, {});
        await client.close();
        return answer as unknown;
      },
      { source: work.toString(), SENTENCES },
    );
    const client = new EphemeralClient();
    const inNode = await work(client, {});
    await client.close();
    expect(rounded(inBrowser)).toEqual(rounded(inNode));
  });

  it("embed by a function of the page's own, and keep floats that have no fraction", async () => {
    const found = await page.evaluate(async () => {
      const client = new nigh.EphemeralClient();
      const texts: string[] = [];
      const embeddingFunction = {
        name: "lengths",
        generate: async (given: string[]) => {
          texts.push(...given);
          return given.map((text) => [text.length, 1]);
        },
        getConfig: () => ({ version: 1 }),
      };
      const notes = await client.createCollection({ name: "notes", embeddingFunction });
      await notes.add({
        ids: ["a", "b"],
        documents: ["short", "a longer text"],
        metadatas: [{ x: new nigh.Float(2) }, { x: 3 }],
      });
      const { ids } = await notes.query({ queryTexts: ["sho"], nResults: 1 });
      const { records } = await notes.readPage({ limit: 2 });
      const kinds = records.map(({ metadata }) => metadata?.["x"] instanceof nigh.Float);
      return { ids, kinds, embedder: notes.embedder?.name, texts: texts.includes("short") };
    });
    expect(found).toEqual({
      ids: [["a"]],
      kinds: [true, false],
      embedder: "lengths",
      texts: true,
    });
  });

  it("give NighErrors with Node's code and message, and stop by an AbortSignal", async () => {
    const errors = await page.evaluate(async () => {
      const told = (promise: Promise<unknown>) =>
        promise.then(
          () => undefined,
          (error) => ({
            isNigh: error instanceof nigh.NighError,
            code: error.code as string,
            message: error.message as string,
            cause: String(error.cause),
          }),
        );
      const client = new nigh.EphemeralClient();
      const model = await nigh.SentenceTransformer.load("all-MiniLM-L6-v2");
      const controller = new AbortController();
      const texts = Array.from({ length: 400 }, (_, i) => `text number ${i}`);
      const aborted = told(
        model.encode(texts, {
          signal: controller.signal,
          onProgress: () => controller.abort("enough"),
        }),
      );
      const missing = client.getCollection({ name: "nothing" });
      const option = client.createCollection({ name: "abc", metdata: {} } as never);
      const nowhere = nigh.SentenceTransformer.load("no-such-model");
      return {
        missing: await told(missing),
        option: await told(option),
        aborted: await aborted,
        prompt: await told(model.encode("a text", { prompt: () => {} } as never)),
        nowhere: await told(nowhere),
        signal: await told(nigh.SentenceTransformer.load("x", { signal: AbortSignal.abort("no") })),
      };
    });
    const client = new EphemeralClient();
    const missing = await client.getCollection({ name: "nothing" }).catch((error) => error);
    expect(missing).toBeInstanceOf(NighError);
    expect(errors.missing).toMatchObject({ isNigh: true, code: missing.code });
    expect(errors.missing?.message).toBe(missing.message);
    expect(errors.option).toMatchObject({ isNigh: true, code: "ERR_UNKNOWN_OPTION" });
    expect(errors.option?.message).toContain('Did you mean "metadata"?');
    expect(errors.aborted).toMatchObject({ isNigh: true, code: "ERR_ABORTED", cause: "enough" });
    expect(errors.prompt).toMatchObject({ isNigh: true, code: "ERR_INVALID_ARGUMENT" });
    expect(errors.nowhere).toMatchObject({ isNigh: true, code: "ERR_MODEL_NOT_FOUND" });
    expect(errors.nowhere?.message).toContain(`${site.url}models/no-such-model/`);
    expect(errors.signal).toMatchObject({ isNigh: true, code: "ERR_ABORTED" });
    await client.close();
  });
});

/** Scores of WebAssembly and of native code differ in the last places. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one) => (typeof one === "number" ? Number(one.toFixed(4)) : one)),
  );
}

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, reasonToSkip } from "./browser/chromium.js";
import { openBrowser, openPage } from "./browser/open-browser.js";
import { Site } from "./browser/site.js";
import { MINILM_GOLDEN, TINY_GOLDEN, TINY_MODEL } from "./encoder/fixtures.js";
import { cosines } from "./encoder/vectors.js";

const MODEL = "all-MiniLM-L6-v2";
const { texts, embeddings } = MINILM_GOLDEN;

describe.skipIf(!findChromium())(`Models in Chromium${reasonToSkip()}`, () => {
  let site: Site;
  let browser: Browser;
  beforeAll(async () => {
    site = await Site.open({ folders: { "/tiny/": TINY_MODEL } });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  /** A visitor's first page. */
  async function visit(): Promise<Page> {
    const context = await browser.newContext();
    const { page, errors } = await openPage(site, context);
    page.on("close", () => expect(errors).toEqual([]));
    return page;
  }

  for (const [dtype, threads, lowest] of [
    ["fp32", 1, 0.9999],
    ["int8", 2, 0.995],
  ] as const) {
    it(`give Python's vectors in ${dtype} and ${threads} threads: cosine of at least ${lowest} on each golden text`, async () => {
      const page = await visit();
      const rows = await page.evaluate(
        async ({ texts, dtype, threads }) => {
          const options = { dtype, threads };
          const model = await nigh.SentenceTransformer.load("all-MiniLM-L6-v2", options);
          return (await model.encode(texts)).toArray();
        },
        { texts, dtype, threads },
      );
      expect(Math.min(...cosines(rows, embeddings))).toBeGreaterThanOrEqual(lowest);
      await page.context().close();
    });
  }

  it("have Python's token ids, the fingerprint of Node, and vectors of one text as of many", async () => {
    const page = await visit();
    const found = await page.evaluate(async (texts) => {
      const model = await nigh.SentenceTransformer.load("all-MiniLM-L6-v2");
      const [one, all] = [await model.encode(texts[0] ?? ""), await model.encode(texts)];
      const { fingerprint, dimension, maxSeqLength, name, runtime } = model;
      const same = model.similarity(one, all.row(0)).row(0)[0];
      const tokens = (await model.tokenize(texts)).map(({ ids }) => [...ids]);
      return { fingerprint, dimension, maxSeqLength, name, runtime, same, tokens };
    }, texts);
    const { SentenceTransformer } = await import("nigh");
    const model = await SentenceTransformer.load(MODEL);
    expect(found.fingerprint).toBe(model.fingerprint);
    await model.close();
    expect(found).toMatchObject({ name: MODEL, dimension: 384, maxSeqLength: 256 });
    expect(found.tokens).toEqual(MINILM_GOLDEN.token_ids);
    expect(found.same).toBeGreaterThan(0.99999);
    await page.context().close();
  });

  it("tell how the download goes in bytes, and at the second visit nothing is fetched", async () => {
    const page = await visit();
    const load = () =>
      page.evaluate(async () => {
        const steps: { done: number; total: number }[] = [];
        const model = await nigh.SentenceTransformer.load("all-MiniLM-L6-v2", {
          onProgress: ({ done, total }) => steps.push({ done, total }),
        });
        await model.encode("a text");
        return steps;
      });
    const steps = await load();
    const last = steps.at(-1);
    expect(last?.done).toBeGreaterThan(45_000_000);
    expect(last?.done).toBe(last?.total);
    expect(steps.every(({ done }, i) => done >= (steps[i - 1]?.done ?? 0))).toBe(true);

    await page.reload();
    await page.waitForFunction(() => "nigh" in globalThis);
    const before = site.requests.length;
    expect(await load()).toEqual([]);
    const asked = site.requests.slice(before).filter((path) => path.startsWith("/models/"));
    expect(asked).toEqual([]);
    await page.context().close();
  });

  it("work without a network once they are loaded", async () => {
    const page = await visit();
    await page.evaluate(() => nigh.SentenceTransformer.load("all-MiniLM-L6-v2"));
    await page.context().setOffline(true);
    const score = await page.evaluate(async () => {
      const model = await nigh.SentenceTransformer.load("all-MiniLM-L6-v2");
      const search = new nigh.SemanticSearch(model);
      await search.index(["The cat sleeps.", "Stocks fell."]);
      return (await search.search("a resting animal", { topK: 1 }))[0]?.document;
    });
    expect(score).toBe("The cat sleeps.");
    await page.context().close();
  });

  it("ask no other host for anything", async () => {
    const context = await browser.newContext();
    const hosts = new Set<string>();
    context.on("request", (request) => hosts.add(new URL(request.url()).host));
    const { page } = await openPage(site, context);
    await page.evaluate(async () => {
      const model = await nigh.SentenceTransformer.load("all-MiniLM-L6-v2");
      const client = new nigh.EphemeralClient();
      const notes = await client.createCollection({ name: "notes", embeddingFunction: model });
      await notes.add({ ids: ["a"], documents: ["a text"] });
      await notes.search({ query: "text" });
    });
    expect([...hosts]).toEqual([new URL(site.url).host]);
    await context.close();
  });

  it("run in one thread where the page is not cross-origin isolated", async () => {
    site.isolated = false;
    const page = await visit();
    site.isolated = true;
    const { isolated, rows } = await page.evaluate(async (texts) => {
      const model = await nigh.SentenceTransformer.load({ url: "tiny" });
      return { isolated: crossOriginIsolated, rows: (await model.encode(texts)).toArray() };
    }, TINY_GOLDEN.texts);
    expect(isolated).toBe(false);
    expect(Math.min(...cosines(rows, TINY_GOLDEN.embeddings))).toBeGreaterThan(0.9999);
    await page.context().close();
  });

  it("load from a folder without a list of checksums, and then without a network too", async () => {
    const page = await visit();
    const load = () =>
      page.evaluate(async (texts) => {
        const model = await nigh.SentenceTransformer.load({ url: "/tiny/" });
        return (await model.encode(texts)).toArray();
      }, TINY_GOLDEN.texts);
    expect(Math.min(...cosines(await load(), TINY_GOLDEN.embeddings))).toBeGreaterThan(0.9999);
    await page.context().setOffline(true);
    expect(Math.min(...cosines(await load(), TINY_GOLDEN.embeddings))).toBeGreaterThan(0.9999);
    await page.context().close();
  });

  it("are fetched again when they are removed", async () => {
    const page = await visit();
    const load = () => page.evaluate(() => nigh.SentenceTransformer.load("all-MiniLM-L6-v2"));
    await load();
    expect(await page.evaluate(() => nigh.removeModel("all-MiniLM-L6-v2"))).toBeGreaterThan(5);
    const before = site.requests.length;
    await load();
    const asked = site.requests.slice(before);
    expect(asked).toContain(`/models/${MODEL}/model.safetensors`);
    await page.context().close();
  });
});

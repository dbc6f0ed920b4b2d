import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, reasonToSkip } from "./browser/chromium.js";
import { openBrowser, openPage } from "./browser/open-browser.js";
import { Site } from "./browser/site.js";

describe.skipIf(!findChromium())(`Collections that last, in Chromium${reasonToSkip()}`, () => {
  let site: Site;
  let browser: Browser;
  beforeAll(async () => {
    site = await Site.open();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  /** A visitor with nothing stored yet. */
  async function visitor(): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext();
    const { page } = await openPage(site, context);
    return { context, page };
  }

  async function reload(page: Page): Promise<void> {
    await page.reload();
    await page.waitForFunction(() => "nigh" in globalThis);
  }

  /** Adds records with vectors to the collection "notes". */
  function add(page: Page, ids: readonly string[]): Promise<number> {
    return page.evaluate(async (ids) => {
      const client = new nigh.PersistentClient({ path: "my notes" });
      const options = { name: "notes", embeddingFunction: null };
      const notes = await client.getOrCreateCollection(options);
      await notes.add({
        ids,
        embeddings: ids.map((_, i) => [i, 1]),
        documents: ids.map((id) => `the document ${id}`),
        metadatas: ids.map((id) => ({ id })),
      });
      return notes.count();
    }, ids);
  }

  it("are there when the page is loaded again, with words, filters and vectors", async () => {
    const { context, page } = await visitor();
    expect(await add(page, ["a", "b", "c"])).toBe(3);
    await reload(page);
    const found = await page.evaluate(async () => {
      const client = new nigh.PersistentClient({ path: "my notes" });
      const notes = await client.getCollection({ name: "notes", embeddingFunction: null });
      const { ids } = await notes.query({ queryEmbeddings: [[2, 1]], where: { id: { $ne: "c" } } });
      const words = await notes.search({ query: "document b", mode: "keyword", limit: 1 });
      return { count: await notes.count(), ids, word: words[0]?.id };
    });
    expect(found).toEqual({ count: 3, ids: [["b", "a"]], word: "b" });
    await context.close();
  });

  it("have what was acknowledged when the worker is ended in the middle of a write, and no half of it", async () => {
    const { context, page } = await visitor();
    await add(page, ["kept"]);
    await page.evaluate(async () => {
      const client = new nigh.PersistentClient({ path: "my notes", waitMs: 100 });
      await client.ready().catch(() => undefined);
      nigh.closeWorker();
      const again = new nigh.PersistentClient({ path: "my notes" });
      const notes = await again.getCollection({ name: "notes", embeddingFunction: null });
      const ids = Array.from({ length: 20_000 }, (_, i) => `half ${i}`);
      const write = notes.add({ ids, embeddings: ids.map((_, i) => [i, 2]), documents: ids });
      write.catch(() => undefined);
      // The write is under way by then, and takes longer than this.
      await new Promise((done) => setTimeout(done, 150));
      nigh.closeWorker();
    });
    await reload(page);
    const counted = await page.evaluate(async () => {
      const client = new nigh.PersistentClient({ path: "my notes" });
      const notes = await client.getCollection({ name: "notes", embeddingFunction: null });
      return { count: await notes.count(), kept: (await notes.get({ ids: ["kept"] })).ids };
    });
    expect(counted).toEqual({ count: 1, kept: ["kept"] });
    await context.close();
  });

  it("belong to one tab at a time: another one is told, and gets them when the first closes", async () => {
    const { context, page } = await visitor();
    await add(page, ["a"]);
    const { page: second } = await openPage(site, context);
    const refused = await second.evaluate(async () => {
      const client = new nigh.PersistentClient({ path: "my notes", waitMs: 200 });
      return client.countCollections().then(
        () => undefined,
        (error) => ({ code: error.code as string, message: error.message as string }),
      );
    });
    expect(refused?.code).toBe("ERR_BUSY");
    expect(refused?.message).toContain('"my notes" is open in another tab');

    const waiting = second.evaluate(async () => {
      const client = new nigh.PersistentClient({ path: "my notes", waitMs: 30_000 });
      const notes = await client.getCollection({ name: "notes", embeddingFunction: null });
      return notes.count();
    });
    await page.close();
    expect(await waiting).toBe(1);
    await context.close();
  });

  it("are several, each by its name, and can be closed and opened again", async () => {
    const { context, page } = await visitor();
    const counts = await page.evaluate(async () => {
      const counts: number[] = [];
      for (const path of ["one", "two", "one"]) {
        const client = new nigh.PersistentClient({ path });
        await client.getOrCreateCollection({
          name: `of-${path}-${counts.length}`,
          embeddingFunction: null,
        });
        counts.push(await client.countCollections());
        await client.close();
      }
      return counts;
    });
    expect(counts).toEqual([1, 1, 2]);
    await context.close();
  });

  it("say that the disk is full when the browser gives no more room, and keep what they had", async () => {
    const { context, page } = await visitor();
    await add(page, ["a"]);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", {
      origin: new URL(site.url).origin,
      quotaSize: 3_000_000,
    });
    const told = await page.evaluate(async () => {
      nigh.closeWorker();
      const client = new nigh.PersistentClient({ path: "my notes" });
      const notes = await client.getCollection({ name: "notes", embeddingFunction: null });
      const ids = Array.from({ length: 4000 }, (_, i) => `record ${i}`);
      const long = "a long document ".repeat(100);
      const error = await notes
        .add({ ids, embeddings: ids.map(() => [1, 1]), documents: ids.map((id) => id + long) })
        .catch((error) => error);
      return {
        code: error.code as string,
        message: error.message as string,
        count: await notes.count(),
      };
    });
    expect(told).toMatchObject({ code: "ERR_DISK_FULL", count: 1 });
    await context.close();
  });
});

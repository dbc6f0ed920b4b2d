import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findChromium, reasonToSkip } from "./browser/chromium.js";
import { openBrowser, openPage } from "./browser/open-browser.js";
import { Site } from "./browser/site.js";

const WEIGHTS = "/models/all-MiniLM-L6-v2/model.safetensors";

describe.skipIf(!findChromium())(`What goes wrong in Chromium${reasonToSkip()}`, () => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    site = await Site.open();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });
  beforeEach(async () => {
    ({ page } = await openPage(site, await browser.newContext()));
  });
  afterEach(async () => {
    site.answer = () => undefined;
    await page.context().close();
  });

  /** What loading the bundled model throws; undefined where it is loaded. */
  function load(): Promise<{ code: string; message: string; isNigh: boolean } | undefined> {
    return page.evaluate(() =>
      nigh.SentenceTransformer.load("all-MiniLM-L6-v2").then(
        () => undefined,
        (error) => ({
          code: error.code as string,
          message: error.message as string,
          isNigh: error instanceof nigh.NighError,
        }),
      ),
    );
  }

  it("weights that are damaged or half are refused by name, not kept, and fetched again", async () => {
    site.answer = (path) => (path === WEIGHTS ? { status: 200, body: "half" } : undefined);
    const error = await load();
    expect(error).toMatchObject({ code: "ERR_CHECKSUM", isNigh: true });
    expect(error?.message).toContain("model.safetensors is damaged");
    site.answer = () => undefined;
    expect(await load()).toBeUndefined();
  });

  it("a file that the list names and the server has not is named", async () => {
    site.answer = (path) => (path === WEIGHTS ? { status: 404, body: "" } : undefined);
    const error = await load();
    expect(error).toMatchObject({ code: "ERR_MODEL_NOT_FOUND", isNigh: true });
    expect(error?.message).toContain("model.safetensors is missing");
  });

  it("a server's error and a network that is gone are told from each other", async () => {
    site.answer = (path) => (path === WEIGHTS ? { status: 503, body: "later" } : undefined);
    expect(await load()).toMatchObject({ code: "ERR_SERVER", isNigh: true });
    site.answer = () => undefined;
    await page.context().setOffline(true);
    expect(await load()).toMatchObject({ code: "ERR_CONNECTION", isNigh: true });
    await page.context().setOffline(false);
    expect(await load()).toBeUndefined();
  });

  it("a page that is sent where a file is asked for is no file: servers of applications do that", async () => {
    site.answer = (path) =>
      path.startsWith("/models/") ? { status: 200, body: "<!doctype html>" } : undefined;
    site.typeOfAnswers = "text/html";
    const error = await load();
    site.typeOfAnswers = undefined;
    expect(error).toMatchObject({ code: "ERR_MODEL_NOT_FOUND", isNigh: true });
    expect(error?.message).toContain("Copy node_modules/@nigh/model-all-minilm-l6-v2/model");
  });

  it("a tab without memory is an ERR_OUT_OF_MEMORY, in a worker of the page's own", async () => {
    await page.evaluate(() => nigh.configure({ worker: workerWithoutMemory() }));
    const error = await load();
    expect(error).toMatchObject({ code: "ERR_OUT_OF_MEMORY", isNigh: true });
    expect(error?.message).toContain("Array buffer allocation failed");
  });

  it("a worker that is closed ends what waits, and the next call starts another one", async () => {
    const told = await page.evaluate(async () => {
      const client = new nigh.EphemeralClient();
      await client.ready();
      const waiting = client.createCollection({ name: "notes" }).catch((error) => error.code);
      nigh.closeWorker();
      const after = await client.countCollections().catch((error) => error.code);
      const count = await new nigh.EphemeralClient().countCollections();
      return { waiting: await waiting, after, count };
    });
    expect(told).toEqual({ waiting: "ERR_CLOSED", after: "ERR_CLOSED", count: 0 });
  });

  it("an error that a listener throws is the page's, and stops nothing", async () => {
    const thrown: string[] = [];
    page.on("pageerror", ({ message }) => thrown.push(message));
    const length = await page.evaluate(async () => {
      const model = await nigh.SentenceTransformer.load("all-MiniLM-L6-v2");
      const onProgress = () => {
        throw new Error("the listener's own");
      };
      return (await model.encode(["a text", "another"], { onProgress })).shape[0];
    });
    expect(length).toBe(2);
    expect(thrown).toContain("the listener's own");
  });
});

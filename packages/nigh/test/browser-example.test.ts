import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, reasonToSkip } from "./browser/chromium.js";
import { openBrowser } from "./browser/open-browser.js";
import { Site } from "./browser/site.js";
import { REPOSITORY } from "./encoder/fixtures.js";

describe.skipIf(!findChromium())(`The example of a page${reasonToSkip()}`, () => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];
  beforeAll(async () => {
    site = await Site.open({ page: join(REPOSITORY, "examples/browser") });
    browser = await openBrowser();
    page = await (await browser.newContext()).newPage();
    page.on("pageerror", ({ message }) => errors.push(message));
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  /** Waits for what the page says of itself. */
  async function says(text: string): Promise<void> {
    await page.locator("#status", { hasText: text }).waitFor();
  }

  /** Types a query, and waits until a note is the first answer. */
  async function find(query: string, note: string): Promise<void> {
    await page.locator("#query").fill(query);
    await page.locator("#answers li:first-child", { hasText: note }).waitFor();
  }

  it("finds as one types, takes notes, and still has them when it is loaded again", async () => {
    await page.goto(site.url);
    await says("8 notes");
    await find("a pet asleep", "The cat sleeps on the warm roof.");
    await find("public transport", "The train to the coast");

    await page.locator("#note").fill("My passport is in the drawer under the printer.");
    await page.locator("#add").click();
    await says("9 notes");
    await page.reload();
    await says("9 notes");
    await find("where are my travel documents?", "My passport");
    expect(errors).toEqual([]);
  });

  it("tells a second tab that the first one has the notes", async () => {
    const second = await page.context().newPage();
    await second.goto(site.url);
    await second.locator("#status", { hasText: "ERR_BUSY" }).waitFor();
    await second.close();
  });
});

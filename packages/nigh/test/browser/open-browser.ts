import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { findChromium } from "./chromium.js";
import type { Site } from "./site.js";

/** A real browser, as a user has it. */
export async function openBrowser(): Promise<Browser> {
  // Tests may run as root, where Chromium has no sandbox.
  return chromium.launch({ executablePath: findChromium() ?? "", args: ["--no-sandbox"] });
}

/** A page of a site that has all of nigh/browser as `nigh`. Errors that nobody catches fail the test. */
export async function openPage(
  site: Site,
  context: BrowserContext | Browser,
): Promise<{ page: Page; errors: string[] }> {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(site.url);
  await page.waitForFunction(() => "nigh" in globalThis);
  return { page, errors };
}

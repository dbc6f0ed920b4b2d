/**
 * Measures nigh/browser in a real Chromium: what a page loads, how long the first vector takes, how many texts a second.
 *
 *   node scripts/measure-browser.mjs [path of the browser]      after npm run build
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { build, preview } from "vite";
import { sentencesAndParagraphs, shortSentences } from "../benchmarks/dist/sotu-texts.js";

const [executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const root = join(import.meta.dirname, "..");
const outDir = mkdtempSync(join(tmpdir(), "nigh-browser-"));
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
const config = {
  root: join(root, "packages/nigh/test/browser/page"),
  configFile: false,
  logLevel: "error",
  worker: { format: "es" },
  build: { outDir, target: "es2022" },
};
await build(config);
cpSync(
  join(root, "packages/model-all-minilm-l6-v2/model"),
  join(outDir, "models/all-MiniLM-L6-v2"),
  { recursive: true },
);

console.log("kB, gzipped kB");
for (const name of readdirSync(join(outDir, "assets")).sort()) {
  const bytes = readFileSync(join(outDir, "assets", name));
  console.log(`  ${kilo(bytes.length)}  ${kilo(gzipSync(bytes).length)}  ${name}`);
}

const server = await preview({ ...config, preview: { port: 0, host: "127.0.0.1", headers } });
const [url] = server.resolvedUrls.local;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
console.log(`Chromium ${browser.version()}`);
const page = await (await browser.newContext()).newPage();
for (const visit of ["first", "second", "third"]) {
  await page.goto(url);
  await page.waitForFunction(() => "nigh" in globalThis);
  const milliseconds = await page.evaluate(async () => {
    const start = performance.now();
    const model = await globalThis.nigh.SentenceTransformer.load("all-MiniLM-L6-v2");
    await model.encode("a text");
    return performance.now() - start;
  });
  console.log(`start to first vector, ${visit} visit: ${(milliseconds / 1000).toFixed(2)} s`);
}
const sets = { short: await shortSentences(200), long: await sentencesAndParagraphs(100) };
for (const dtype of ["fp32", "int8"]) {
  for (const threads of [1, 2]) {
    const context = await browser.newContext();
    const fresh = await context.newPage();
    await fresh.goto(url);
    await fresh.waitForFunction(() => "nigh" in globalThis);
    const perSecond = await fresh.evaluate(
      async ({ sets, dtype, threads }) => {
        const { nigh } = globalThis;
        const options = { dtype, threads };
        const model = await nigh.SentenceTransformer.load("all-MiniLM-L6-v2", options);
        await model.encode(sets.short.slice(0, 20));
        const found = {};
        for (const [name, texts] of Object.entries(sets)) {
          const start = performance.now();
          await model.encode(texts);
          found[name] = Math.round((1000 * texts.length) / (performance.now() - start));
        }
        return found;
      },
      { sets, dtype, threads },
    );
    console.log(`${dtype}, threads ${threads}, texts/s: ${JSON.stringify(perSecond)}`);
    await context.close();
  }
}
await browser.close();
await server.close();
rmSync(outDir, { recursive: true });

function kilo(bytes) {
  return (bytes / 1000).toFixed(1).padStart(9);
}

// Prints the resident memory in MB as JSON: after each of the counts of encodes that are given, and after close(). Needs --expose-gc.
import { setTimeout as wait } from "node:timers/promises";
import { SentenceTransformer } from "nigh";

const [mode, ...counts] = process.argv.slice(2);
const WORDS = "the lighthouse keeper counts waves until morning and writes them into a book".split(
  " ",
);
const rss = [];
await (mode === "encode" ? encodeUpTo(counts.map(Number)) : loadAndClose(Number(counts[0])));
console.log(JSON.stringify(rss));

async function measure() {
  // Twice, with a pause: what the first pass finalizes is freed by the second.
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await wait(50);
  }
  rss.push(process.memoryUsage().rss / 2 ** 20);
}

/** One text, or a few, of a length that varies; the same for equal i. */
function textsOf(i) {
  const text = (j) =>
    Array.from(
      { length: 1 + ((i * 7 + j * 3) % 7) },
      (_, w) => WORDS[(i + j + w) % WORDS.length],
    ).join(" ");
  return i % 10 === 0 ? Array.from({ length: 4 }, (_, j) => text(j)) : text(0);
}

async function encodeUpTo(steps) {
  const model = await SentenceTransformer.load("all-MiniLM-L6-v2", { threads: 2 });
  // The largest batch first: arenas grow once.
  await model.encode(Array.from({ length: 40 }, () => "word ".repeat(300)));
  let done = 0;
  for (const step of steps) {
    while (done < step) {
      const some = Math.min(8, step - done);
      await Promise.all(Array.from({ length: some }, (_, i) => model.encode(textsOf(done + i))));
      done += some;
    }
    await measure();
  }
  await model.close();
  await measure();
}

async function loadAndClose(times) {
  // Kept, as a program may keep a closed model: what it held must be free all the same.
  const closed = [];
  for (let i = 0; i < times; i++) {
    const model = await SentenceTransformer.load("all-MiniLM-L6-v2", { threads: 2 });
    await model.encode(Array.from({ length: 12 }, () => "word ".repeat(60)));
    await model.close();
    closed.push(model);
    await measure();
  }
}

/**
 * Two looks inside the encoder, on one thread, for docs/benchmarks.md: speed by the token budget of a batch, and the
 * share of each operator by onnxruntime's profiler.
 *
 *   node scripts/measure-encoder.mjs [texts]       (after npm run build)
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sentencesAndParagraphs, shortSentences } from "../benchmarks/dist/sotu-texts.js";
import { makeBatches, padBatch } from "../packages/nigh/dist/encoder/batching.js";
import { loadTokenizer } from "../packages/nigh/dist/encoder/load-tokenizer.js";
import { loadWeights } from "../packages/nigh/dist/encoder/model-files.js";
import { readModelFolder } from "../packages/nigh/dist/encoder/model-folder.js";
import { findModel } from "../packages/nigh/dist/encoder/node/find-model.js";
import { buildProgram } from "../packages/nigh/dist/encoder/program.js";
import { loadRuntime } from "../packages/nigh/dist/encoder/runtime.js";

const BUDGETS = [128, 256, 512, 1024, 4096, 16384];
const ROUNDS = 3;
const SHOWN_OPERATORS = 8;

const count = Number(process.argv[2] ?? 400);
const sets = {
  "short sentences": shortSentences(count),
  "sentences and paragraphs": sentencesAndParagraphs(count),
};
const folder = await readModelFolder(
  (await findModel("measure-encoder", "all-MiniLM-L6-v2", {})).folder,
);
const { weights } = await loadWeights(folder);
const runtime = await loadRuntime("native");
const tokenizer = await loadTokenizer(folder);

for (const dtype of ["fp32", "int8"]) {
  const program = await buildProgram(folder, weights, dtype, runtime);
  const session = await runtime.createSession(program, 1);
  for (const [name, texts] of Object.entries(sets)) {
    const ids = texts.map((text) => tokenizer.encode(text).ids);
    const rates = {};
    for (const budget of BUDGETS) rates[`${budget} tokens`] = await rate(session, ids, budget);
    console.log(`\n${dtype}, ${name}: texts/s by the tokens of a batch`);
    console.table(rates);
    console.log(`${dtype}, ${name}: share of each operator`);
    console.table(await operatorShares(program, ids));
  }
  await session.close();
}

/** Median texts per second over the rounds. */
async function rate(session, ids, budget) {
  const batches = batchesOf(ids, budget);
  const seconds = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    for (const batch of batches) await session.run(batch);
    if (round > 0) seconds.push((performance.now() - start) / 1000);
  }
  seconds.sort((a, b) => a - b);
  return Math.round(ids.length / seconds[ROUNDS >> 1]);
}

/** Percent of the time in kernels, by operator, with batches of 256 tokens. */
async function operatorShares(program, ids) {
  const ort = createRequire(new URL("../packages/nigh/dist/x.js", import.meta.url))(
    "onnxruntime-node",
  );
  const logs = mkdtempSync(join(tmpdir(), "nigh-profile-"));
  const session = await ort.InferenceSession.create(program.model, {
    externalData: program.files,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "basic",
    logSeverityLevel: 3,
    enableProfiling: true,
    profileFilePrefix: join(logs, "profile"),
  });
  for (const { ids: padded, lengths } of batchesOf(ids, 256)) {
    const rows = lengths.length;
    await session.run({
      ids: new ort.Tensor("int32", padded, [rows, padded.length / rows]),
      lengths: new ort.Tensor("int32", lengths, [rows]),
    });
  }
  session.endProfiling();
  await session.release();
  const [file] = readdirSync(logs);
  const events = JSON.parse(readFileSync(join(logs, file), "utf8"));
  rmSync(logs, { recursive: true });
  const microseconds = new Map();
  for (const { cat, name, dur, args } of events) {
    if (cat !== "Node" || !name.endsWith("kernel_time")) continue;
    microseconds.set(args.op_name, (microseconds.get(args.op_name) ?? 0) + dur);
  }
  const total = [...microseconds.values()].reduce((a, b) => a + b);
  const sorted = [...microseconds].sort((a, b) => b[1] - a[1]).slice(0, SHOWN_OPERATORS);
  return Object.fromEntries(
    sorted.map(([name, time]) => [name, `${((100 * time) / total).toFixed(1)}%`]),
  );
}

function batchesOf(ids, budget) {
  const lengths = ids.map((list) => list.length);
  return makeBatches(lengths, ids.length, budget).map((batch) =>
    padBatch(
      batch.map((i) => ids[i]),
      tokenizer.padId,
    ),
  );
}

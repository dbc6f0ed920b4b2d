/** A process that encodes with nigh, as protocol.ts describes: a process of its own has its own memory and start. */
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { type Matrix, SentenceTransformer } from "nigh";
import { z } from "zod";
import type { Encoded, EncodeRequest } from "./protocol.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "all-MiniLM-L6-v2" },
    dtype: { type: "string", default: "fp32" },
    runtime: { type: "string", default: "native" },
    threads: { type: "string", default: "1" },
  },
});
const dtype = z.enum(["fp32", "int8"]).parse(values.dtype);
const runtime = z.enum(["native", "wasm"]).parse(values.runtime);

const model = await SentenceTransformer.load(values.model, {
  dtype,
  runtime,
  threads: Number(values.threads),
});
await model.encode("A first vector.");
answer({ versions: {} });

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as EncodeRequest;
  const texts = JSON.parse(await readFile(request.texts, "utf8")) as string[];
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const vectors = await model.encode(texts);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  if (request.vectors !== null) await writeFile(request.vectors, vectors.data);
  const [rows, columns] = vectors.shape;
  answer({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    rows,
    columns,
    checksum: sumOfAbsolutes(vectors),
  } satisfies Encoded);
}
await model.close();

function answer(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function sumOfAbsolutes(vectors: Matrix): number {
  return vectors.data.reduce((sum, value) => sum + Math.abs(value), 0);
}

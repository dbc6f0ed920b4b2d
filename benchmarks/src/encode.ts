/** `npm run bench -- encode`: texts to vectors, beside Python's sentence-transformers. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { writePicture, writeSection } from "./docs-section.js";
import { type Engine, nighEngine, pythonEngine } from "./encode/engine.js";
import { speedFigures } from "./encode/figures.js";
import { type EncodeResults, measureEncode } from "./encode/measure.js";
import { processTable, speedPicture, speedTable } from "./encode/report.js";
import type { TextSet } from "./encode/text-sets.js";
import { wholeNumber } from "./flags.js";
import {
  announceMachine,
  type Machine,
  machineText,
  requireFromNigh,
  versionsText,
} from "./machine.js";
import { markdownTable, terminalTable } from "./table.js";

interface EncodeFlags {
  readonly peers?: true;
  readonly wasm?: true;
  readonly pythonModel?: string;
  readonly rounds: number;
  readonly texts: number;
  readonly starts: number;
  readonly threads?: number;
  readonly json?: string;
  readonly write?: true;
}

/** The float32 weights that the bundled model was made from, where a checkout has them beside it. */
const ORIGINAL_MODEL = resolve(import.meta.dirname, "../../../shared/models/all-MiniLM-L6-v2");

export function encodeCommand(): Command {
  return new Command("encode")
    .description("texts to vectors: speed, processor time, memory, start and nearness to Python")
    .option("--peers", "run Python's sentence-transformers beside nigh (benchmarks/peers/setup.sh)")
    .option("--wasm", "measure the WebAssembly runtime too")
    .option("--rounds <n>", "rounds that count; one more warms up", wholeNumber, 5)
    .option("--texts <n>", "texts in each of the two sets", wholeNumber, 1000)
    .option("--starts <n>", "starts of each program that are timed", wholeNumber, 3)
    .option("--threads <n>", "threads of each engine (default: first 1, then all)", wholeNumber)
    .option(
      "--python-model <folder>",
      "model folder for Python (default: the original weights where they are, else the bundled ones)",
    )
    .option("--json <file>", "write every round to a file")
    .option("--write", "write the figures into docs/benchmarks.md")
    .action(runEncode);
}

async function runEncode(flags: EncodeFlags): Promise<void> {
  if (flags.write && !flags.peers)
    throw new Error("Published figures stand beside Python's: add --peers.");
  const machine = announceMachine({ publish: flags.write === true });
  const results = await measureEncode({
    engines: await chooseEngines(flags),
    texts: flags.texts,
    rounds: flags.rounds,
    starts: flags.starts,
    threads: flags.threads ? [flags.threads] : [...new Set([1, availableParallelism()])],
    onStep: (step) => console.error(step),
  });
  const figures = speedFigures(results);
  const versions = { ...machine.versions, ...results.versions };
  console.log(versionsText(versions));
  for (const set of results.sets) {
    console.log(`\n${setText(set)}`);
    console.log(terminalTable(speedTable(figures.filter((row) => row.set === set))));
  }
  console.log();
  console.log(terminalTable(processTable(results.processes)));

  if (flags.json)
    await writeFile(flags.json, JSON.stringify({ machine, flags, ...results, versions }, null, 2));
  if (flags.write) {
    await writePicture("encode", speedPicture(figures));
    console.log(await writeSection("encode", section(machine, flags, results)));
  }
}

async function chooseEngines(flags: EncodeFlags): Promise<Engine[]> {
  return [
    ...(flags.peers ? [await pythonEngine(pythonModel(flags))] : []),
    nighEngine("fp32", "native"),
    nighEngine("int8", "native"),
    ...(flags.wasm ? [nighEngine("fp32", "wasm"), nighEngine("int8", "wasm")] : []),
  ];
}

function pythonModel({ pythonModel }: EncodeFlags): string {
  if (pythonModel !== undefined) return resolve(pythonModel);
  if (existsSync(ORIGINAL_MODEL)) return ORIGINAL_MODEL;
  const manifest = requireFromNigh().resolve("@nigh/model-all-minilm-l6-v2/package.json");
  return join(dirname(manifest), "model");
}

function setText({ name, texts, meanTokens, truncated }: TextSet): string {
  const cut = truncated === 0 ? "" : `, ${truncated} cut at the model's limit`;
  return `${texts} ${name}, ${meanTokens.toFixed(1)} tokens on average${cut}`;
}

function section(machine: Machine, flags: EncodeFlags, results: EncodeResults): string {
  const figures = speedFigures(results);
  const command = ["npm run bench --", ...process.argv.slice(2)].join(" ");
  const tables = results.sets.map(
    (set) =>
      `${setText(set)}:\n\n${markdownTable(speedTable(figures.filter((row) => row.set === set)))}`,
  );
  return `
Measured on ${machine.date} by \`${command}\`: medians of ${flags.rounds} rounds after one that warms up.

- Machine: ${machineText(machine)}.
- Versions: ${versionsText({ ...machine.versions, ...results.versions })}.

![Bars: the speed of nigh as a multiple of that of sentence-transformers](benchmarks/encode.svg)

${tables.join("\n\n")}

Start and memory:

${markdownTable(processTable(results.processes))}
`;
}

/** `npm run bench -- analysis`: communities, pairs, clusters and outliers, beside sentence-transformers and scikit-learn. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { alternate } from "./alternate.js";
import { agreementOf } from "./analysis/agreement.js";
import { ANALYSES, type Analysis, analysed } from "./analysis/protocol.js";
import { requireSection, writeSection } from "./docs-section.js";
import { type EngineCommand, EngineProcess } from "./engine-process.js";
import { count, rangeText } from "./figure-text.js";
import { wholeNumber } from "./flags.js";
import { sentenceFiles } from "./indexes/data-sets.js";
import type { VectorFile } from "./indexes/vector-file.js";
import { announceMachine, machineText, versionsText } from "./machine.js";
import { peerPython } from "./peer-python.js";
import { spread } from "./statistics.js";
import { type FigureTable, markdownTable, terminalTable } from "./table.js";

interface AnalysisFlags {
  readonly peers?: true;
  readonly rounds: number;
  readonly publish?: true;
}

interface Engine {
  readonly name: string;
  readonly command: EngineCommand;
}

/** What each analysis is called, and how many vectors it gets: scikit-learn's trees take minutes for more. */
const SUBJECTS: Readonly<Record<Analysis, { readonly title: string; readonly rows: number }>> = {
  communities: { title: "communityDetection, 0.75, at least 10", rows: 20_000 },
  pairs: { title: "paraphraseMining, top 100, 500,000 pairs", rows: 20_000 },
  hierarchy: { title: "agglomerativeClusters, ward, 100", rows: 5000 },
  density: { title: "hdbscanClusters, at least 5", rows: 5000 },
  outliers: { title: "outliers, 20 neighbours", rows: 20_000 },
};

const NIGH_PROCESS = fileURLToPath(new URL("analysis/nigh-process.js", import.meta.url));
const PYTHON_PEER = fileURLToPath(new URL("../peers/analysis_peer.py", import.meta.url));
const ONE_THREAD = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

export function analysisCommand(): Command {
  return new Command("analysis")
    .description("communities, pairs, clusters, outliers of 20,000 sentences: time, agreement")
    .option("--peers", "run sentence-transformers and scikit-learn beside nigh, one thread each")
    .option("--rounds <n>", "rounds that count; one more warms up", wholeNumber, 3)
    .option("--publish", "write the figures into docs/benchmarks.md")
    .action(runAnalysis);
}

async function runAnalysis({ peers, rounds, publish }: AnalysisFlags): Promise<void> {
  if (publish && !peers) throw new Error("Published figures stand beside Python's: add --peers.");
  const machine = announceMachine({ publish: publish === true });
  if (publish) await requireSection("analysis");
  const { vectors } = await sentenceFiles((step) => console.error(step));
  const engines: Engine[] = [
    { name: "nigh", command: { file: execPath, args: [NIGH_PROCESS], env: {} } },
  ];
  if (peers) {
    const command = { file: await peerPython(), args: [PYTHON_PEER], env: ONE_THREAD };
    engines.push({ name: "Python", command });
  }
  const folder = await mkdtemp(join(tmpdir(), "nigh-bench-"));
  const processes: EngineProcess<Engine>[] = [];
  try {
    for (const engine of engines) processes.push(await EngineProcess.start(engine, engine.command));
    const table = await measure(processes, vectors, rounds, folder);
    console.log(terminalTable(table));
    if (!publish) return;
    const versions = { ...machine.versions, ...processes[1]?.versions };
    const text = `Measured on ${machine.date}: ${machineText(machine)}; ${versionsText(versions)}. One thread each, ${rounds} rounds in turns after one that warms up; the first of 50,000 different sentences of the State of the Union addresses, all-MiniLM-L6-v2, 384 dimensions.`;
    console.log(await writeSection("analysis", `${text}\n\n${markdownTable(table)}`));
  } finally {
    for (const process of processes) await process.close();
    await rm(folder, { recursive: true });
  }
}

async function measure(
  processes: readonly EngineProcess<Engine>[],
  all: VectorFile,
  rounds: number,
  folder: string,
): Promise<FigureTable> {
  const rows: string[][] = [];
  for (const analysis of ANALYSES) {
    const { title, rows: size } = SUBJECTS[analysis];
    console.error(title);
    const vectors = { ...all, rows: size };
    const run = (process: EngineProcess<Engine>, result: string | null) =>
      process.ask({ analysis, vectors, result }, analysed);
    const files = processes.map((_, i) => join(folder, `${analysis}-${i}.json`));
    for (const [i, process] of processes.entries()) await run(process, files[i] as string);
    const results = await alternate(processes, rounds, (process) => run(process, null));
    const [ours, theirs] = results.map((one) => spread(one.map(({ seconds }) => seconds)));
    const [ourCpu, theirCpu] = results.map((one) => spread(one.map((own) => own.cpuSeconds)));
    rows.push([
      title,
      count(size),
      ours ? rangeText(ours) : "",
      theirs ? rangeText(theirs) : "",
      ours && theirs ? `${(theirs.median / ours.median).toFixed(1)} ×` : "",
      ourCpu && theirCpu ? `${(theirCpu.median / ourCpu.median).toFixed(1)} ×` : "",
      files[1] === undefined ? "" : agreementOf(analysis, files[0] as string, files[1]),
    ]);
  }
  return {
    head: [
      ...["analysis", "vectors", "nigh, s", "Python, s"],
      ...["Python's time", "Python's CPU time", "agreement"],
    ],
    wordColumns: 1,
    rows,
  };
}

/** `npm run bench -- indexes`: exact and approximate search, beside FAISS. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { writePicture, writeSection } from "./docs-section.js";
import { wholeNumber } from "./flags.js";
import type { IndexBench, SubjectResults } from "./indexes/bench.js";
import { curvesPicture } from "./indexes/curves-picture.js";
import { faissEngines, nighEngine, withProcesses } from "./indexes/engines.js";
import { SUBJECT_NAMES, SUBJECTS, type SubjectName } from "./indexes/subjects.js";
import { announceMachine, type Machine, machineText, versionsText } from "./machine.js";
import { markdownTable, terminalTable } from "./table.js";

const PICTURE = "![Lines: queries a second against recall, nigh and FAISS](benchmarks/indexes.svg)";

interface IndexesFlags {
  readonly peers?: true;
  readonly only: readonly SubjectName[];
  readonly rounds: number;
  readonly blas: readonly string[];
  readonly large?: true;
  readonly json?: string;
  readonly publish?: true;
}

export function indexesCommand(): Command {
  return new Command("indexes")
    .description("exact and approximate search, k-means, opening, growth: time, recall and memory")
    .option("--peers", "run FAISS and scikit-learn beside nigh (benchmarks/peers/setup.sh)")
    .addOption(
      new Option("--only <subjects>", `some of ${SUBJECT_NAMES.join(",")}`)
        .argParser(subjectNames)
        .default(SUBJECT_NAMES, "all"),
    )
    .option("--rounds <n>", "rounds that count; one more warms up", wholeNumber, 5)
    .addOption(
      new Option(
        "--blas <kernels>",
        "OpenBLAS kernels of the peers, such as Haswell,SkylakeX,auto: exact and kmeans run with each, the others with the first",
      )
        .argParser(names)
        .default([], "what OPENBLAS_CORETYPE says"),
    )
    .option("--large", "growth: HNSW of a million vectors too, which takes about half an hour")
    .option("--json <file>", "write every round to a file")
    .option("--publish", "write the figures into docs/benchmarks.md")
    .action(runIndexes);
}

async function runIndexes(flags: IndexesFlags): Promise<void> {
  if (flags.publish && !flags.peers)
    throw new Error("Published figures stand beside FAISS's: add --peers.");
  if (flags.blas.length > 0 && !flags.peers)
    throw new Error("--blas chooses how the peers multiply matrices: add --peers.");
  const machine = announceMachine({ publish: flags.publish === true });
  const folder = await mkdtemp(join(tmpdir(), "nigh-bench-"));
  try {
    const bench = await prepareBench(flags, folder);
    const { versions, notes } = await describeEngines(bench);
    const about = { ...machine, versions: { ...indexVersions(machine), ...versions } };
    console.log([versionsText(about.versions), ...notes].join("\n"));
    const results: Partial<Record<SubjectName, SubjectResults>> = {};
    for (const name of flags.only) {
      const result = await SUBJECTS[name](bench);
      results[name] = result;
      for (const { caption, table } of result.tables)
        console.log(`\n${caption}\n${terminalTable(table)}`);
      if (flags.publish)
        await writeSection(`indexes ${name}`, section(about, notes, flags.rounds, result));
    }
    if (flags.publish) await publishPicture(results);
    if (flags.json)
      await writeFile(
        flags.json,
        JSON.stringify({ machine: about, notes, flags, results }, null, 2),
      );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepareBench(flags: IndexesFlags, folder: string): Promise<IndexBench> {
  const peers = flags.peers ? await faissEngines(flags.blas) : [];
  return {
    engines: [nighEngine, ...peers.slice(0, 1)],
    enginesByBlas: [nighEngine, ...peers],
    rounds: flags.rounds,
    folder,
    large: flags.large === true,
    onStep: (step) => console.error(step),
  };
}

/** What the engines say of themselves. */
function describeEngines({ enginesByBlas }: IndexBench) {
  return withProcesses(enginesByBlas, async (processes) => ({
    versions: Object.assign({}, ...processes.map(({ versions }) => versions)) as Record<
      string,
      string
    >,
    notes: processes.flatMap(({ engine, notes }) => notes.map((note) => `${engine.name}: ${note}`)),
  }));
}

/** Without the libraries of the encoder. */
function indexVersions({ versions: { node = "", nigh = "" } }: Machine): Record<string, string> {
  return { node, nigh };
}

function section(
  machine: Machine,
  notes: readonly string[],
  rounds: number,
  { tables }: SubjectResults,
): string {
  const command = ["npm run bench --", ...process.argv.slice(2)].join(" ");
  return `
Measured on ${machine.date} by \`${command}\`: medians of ${rounds} rounds.

- Machine: ${machineText(machine)}.
- Versions: ${versionsText(machine.versions)}.
${notes.map((note) => `- ${note}.\n`).join("")}
${tables.map(({ caption, table }) => `${caption}\n\n${markdownTable(table)}`).join("\n\n")}
`;
}

/** The picture shows both kinds of index: it is drawn when both were measured. */
async function publishPicture({ hnsw, ivf }: Partial<Record<SubjectName, SubjectResults>>) {
  if (hnsw === undefined || ivf === undefined) return;
  await writePicture("indexes", curvesPicture([...(hnsw.curves ?? []), ...(ivf.curves ?? [])]));
  await writeSection("indexes picture", PICTURE);
}

function names(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

function subjectNames(text: string): SubjectName[] {
  const chosen = names(text);
  const unknown = chosen.find((name) => !(name in SUBJECTS));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`Found "${unknown}"; there are ${SUBJECT_NAMES.join(", ")}.`);
  return SUBJECT_NAMES.filter((name) => chosen.includes(name));
}

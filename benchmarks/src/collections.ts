/** `npm run bench -- collections`: records with documents and metadata on disk, beside Chroma. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { CollectionBench, SubjectResults } from "./collections/bench.js";
import { chromaEngine, nighEngine } from "./collections/engines.js";
import { SUBJECT_NAMES, SUBJECTS, type SubjectName } from "./collections/subjects.js";
import { requireSection, writeSection } from "./docs-section.js";
import { wholeNumber } from "./flags.js";
import { announceMachine, type Machine, machineText, versionsText } from "./machine.js";
import { markdownTable, terminalTable } from "./table.js";

interface CollectionsFlags {
  readonly peers?: true;
  readonly only?: readonly SubjectName[];
  readonly rounds: number;
  readonly large?: true;
  readonly largePeers?: true;
  readonly json?: string;
  readonly publish?: true;
}

export function collectionsCommand(): Command {
  return new Command("collections")
    .description("collections on disk: adding, queries with filters, opening, memory")
    .option("--peers", "run Chroma beside nigh (benchmarks/peers/setup.sh chroma)")
    .addOption(
      new Option(
        "--only <subjects>",
        `some of ${SUBJECT_NAMES.join(",")} (default: all but growth)`,
      ).argParser(subjectNames),
    )
    .option("--rounds <n>", "rounds, each with new processes", wholeNumber, 5)
    .option("--large", "growth: 200,000 records beside 20,000")
    .option("--large-peers", "growth of Chroma too, which takes minutes a round")
    .option("--json <file>", "write every round to a file")
    .option("--publish", "write the figures into docs/benchmarks.md")
    .action(runCollections);
}

async function runCollections(flags: CollectionsFlags): Promise<void> {
  if (flags.publish && !flags.peers)
    throw new Error("Published figures stand beside Chroma's: add --peers.");
  if (flags.largePeers && !flags.peers)
    throw new Error("--large-peers measures Chroma: add --peers.");
  const machine = announceMachine({ publish: flags.publish === true });
  const subjects = subjectsOf(flags);
  if (flags.publish) for (const name of subjects) await requireSection(sectionOf(name));
  const folder = await mkdtemp(join(tmpdir(), "nigh-bench-"));
  try {
    const bench = await prepareBench(flags, folder);
    const about = { ...machine, versions: versionsOf(machine, bench) };
    console.log(versionsText(about.versions));
    const results: Partial<Record<SubjectName, SubjectResults>> = {};
    for (const name of subjects) {
      const result = await SUBJECTS[name](bench);
      results[name] = result;
      for (const { caption, table } of result.tables)
        console.log(`\n${caption}\n${terminalTable(table)}`);
      if (flags.publish) await writeSection(sectionOf(name), section(about, flags.rounds, result));
    }
    if (flags.json)
      await writeFile(flags.json, JSON.stringify({ machine: about, flags, results }, null, 2));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepareBench(flags: CollectionsFlags, folder: string): Promise<CollectionBench> {
  const peers = flags.peers ? [await chromaEngine()] : [];
  return {
    engines: [nighEngine, ...peers],
    largeEngines: [nighEngine, ...(flags.largePeers ? peers : [])],
    rounds: flags.rounds,
    folder,
    onStep: (step) => console.error(step),
  };
}

/** What was asked for, else what takes minutes only. */
function subjectsOf({ only, large, largePeers }: CollectionsFlags): readonly SubjectName[] {
  if (only !== undefined) return only;
  return SUBJECT_NAMES.filter((name) => name !== "growth" || large || largePeers);
}

function versionsOf(
  { versions: { node = "", nigh = "" } }: Machine,
  { engines }: CollectionBench,
): Record<string, string> {
  return Object.assign({ node, nigh }, ...engines.map(({ versions }) => versions));
}

function sectionOf(name: SubjectName): string {
  return `collections ${name}`;
}

function section(machine: Machine, rounds: number, { tables }: SubjectResults): string {
  const command = ["npm run bench --", ...process.argv.slice(2)].join(" ");
  return `
Measured on ${machine.date} by \`${command}\`: medians of ${rounds} rounds.

- Machine: ${machineText(machine)}.
- Versions: ${versionsText(machine.versions)}.

${tables.map(({ caption, table }) => `${caption}\n\n${markdownTable(table)}`).join("\n\n")}
`;
}

function subjectNames(text: string): SubjectName[] {
  const chosen = text.split(",").map((name) => name.trim());
  const unknown = chosen.find((name) => !(name in SUBJECTS));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`Found "${unknown}"; there are ${SUBJECT_NAMES.join(", ")}.`);
  return SUBJECT_NAMES.filter((name) => chosen.includes(name));
}

/** `npm run bench -- serve`: the server under the load of many clients, beside Chroma's. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { requireSection, writeSection } from "./docs-section.js";
import { wholeNumber } from "./flags.js";
import { announceMachine, type Machine, machineText, versionsText } from "./machine.js";
import { DIMENSION, LoadedCollection, type LoadResult } from "./serve/load.js";
import {
  chromaServer,
  nighServer,
  type ServerEngine,
  ServerProcess,
} from "./serve/server-process.js";
import { quantile } from "./statistics.js";
import { type FigureTable, markdownTable, terminalTable } from "./table.js";

interface ServeFlags {
  readonly peers?: true;
  readonly clients: number;
  readonly seconds: number;
  readonly records: number;
  readonly json?: string;
  readonly publish?: true;
}

interface Measured extends LoadResult {
  readonly name: string;
  /** Acknowledged writes that are not there. */
  readonly lost: number;
}

const SECTION = "serve";
const UPSERTS = 0.1;
/** How long clients run around the kill. */
const KILL_SECONDS = 10;

export function serveCommand(): Command {
  return new Command("serve")
    .description("the server under load: many clients that query and write; a kill in the middle")
    .option("--peers", "run Chroma's server, too (benchmarks/peers/setup.sh chroma)")
    .option("--clients <n>", "clients at a time", wholeNumber, 64)
    .option("--seconds <n>", "how long", wholeNumber, 60)
    .option("--records <n>", "records that are there before", wholeNumber, 20_000)
    .option("--json <file>", "write all figures to a file")
    .option("--publish", "write the figures into docs/benchmarks.md")
    .action(runServe);
}

async function runServe(flags: ServeFlags): Promise<void> {
  if (flags.publish && !flags.peers)
    throw new Error("Published figures stand beside Chroma's: add --peers.");
  const machine = announceMachine({ publish: flags.publish === true });
  if (flags.publish) await requireSection(SECTION);
  const measured: Measured[] = [];
  for (const engine of [nighServer, ...(flags.peers ? [chromaServer] : [])]) {
    console.error(`${engine.name}: ${flags.clients} clients for ${flags.seconds} s`);
    measured.push(await inFolder((folder) => underLoad(engine, folder, flags)));
  }
  const kill = await inFolder((folder) => killed(folder, flags));
  const table = tableOf(measured);
  const text = killText(kill);
  console.log(`\n${terminalTable(table)}\n${text}`);
  for (const { name, errors } of measured)
    if (errors.length > 0) console.error(`${name}: ${[...new Set(errors)].slice(0, 5).join("\n")}`);
  if (flags.json) await writeFile(flags.json, JSON.stringify({ machine, flags, measured, kill }));
  if (flags.publish) await writeSection(SECTION, section(machine, flags, table, text));
}

async function underLoad(
  engine: ServerEngine,
  folder: string,
  { clients, seconds, records }: ServeFlags,
): Promise<Measured> {
  const server = await ServerProcess.start(engine, folder);
  try {
    const collection = await LoadedCollection.open(server.port, records);
    // What is loaded or compiled once is so before the clock starts.
    await collection.load({ clients, seconds: 2, upserts: UPSERTS, prefix: "warm" });
    const result = await collection.load({ clients, seconds, upserts: UPSERTS, prefix: "w" });
    const lost = await collection.missing(result.acknowledged);
    collection.close();
    return { name: engine.name, ...result, lost };
  } finally {
    await server.stop();
  }
}

/** Kills nigh's server in the middle of the load, starts it again, and looks for what was acknowledged. */
async function killed(
  folder: string,
  { clients, records }: ServeFlags,
): Promise<{ acknowledged: number; lost: number }> {
  const first = await ServerProcess.start(nighServer, folder);
  const collection = await LoadedCollection.open(first.port, records);
  const options = { clients, seconds: KILL_SECONDS, upserts: 0.5, prefix: "k" };
  let ended: Promise<void> = Promise.resolve();
  const { acknowledged } = await collection.load(options, () => {
    ended = first.stop("SIGKILL");
  });
  collection.close();
  await ended;
  const second = await ServerProcess.start(nighServer, folder);
  try {
    const again = await LoadedCollection.open(second.port, 0);
    const lost = await again.missing(acknowledged);
    again.close();
    return { acknowledged: acknowledged.length, lost };
  } finally {
    await second.stop();
  }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "nigh-bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tableOf(measured: readonly Measured[]): FigureTable {
  const ms = (values: readonly number[], q: number) => quantile(values, q).toFixed(1);
  return {
    head: [
      "server",
      "requests/s",
      "query p50, ms",
      "query p99, ms",
      "upsert p50, ms",
      "upsert p99, ms",
      "errors",
      "lost writes",
    ],
    wordColumns: 1,
    rows: measured.map(({ name, perSecond, queryMs, upsertMs, errors, lost }) => [
      name,
      perSecond.toFixed(0),
      ms(queryMs, 0.5),
      ms(queryMs, 0.99),
      ms(upsertMs, 0.5),
      ms(upsertMs, 0.99),
      String(errors.length),
      String(lost),
    ]),
  };
}

function killText({ acknowledged, lost }: { acknowledged: number; lost: number }): string {
  return `SIGKILL in the middle of the load: of ${acknowledged} writes that nigh had acknowledged, ${lost} were missing after the restart.`;
}

function section(machine: Machine, flags: ServeFlags, table: FigureTable, kill: string): string {
  const command = ["npm run bench --", ...process.argv.slice(2)].join(" ");
  const { clients, seconds, records } = flags;
  return `
Measured on ${machine.date} by \`${command}\`: ${clients} clients for ${seconds} s, ${100 * (1 - UPSERTS)}% queries of 10 results, ${100 * UPSERTS}% upserts of a record, on ${records} random vectors of ${DIMENSION} dimensions (cosine).
The clients run in a process on the same machine.

- Machine: ${machineText(machine)}.
- Versions: ${versionsText(machine.versions)}.

${markdownTable(table)}

${kill}
`;
}

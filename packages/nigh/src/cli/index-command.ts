import { Command } from "commander";
import pc from "picocolors";
import { type InputProblem, NighError } from "../index.js";
import { collectionToWrite, withDatabase, withEmbedder } from "./database.js";
import { type IndexedPassages, indexPassages } from "./index-passages.js";
import {
  collectionOption,
  databaseOption,
  jsonOption,
  type ModelFlags,
  modelOptions,
  OF_COLLECTION,
} from "./options.js";
import { formatCount, print, printable, printJson } from "./print.js";
import { type FieldNames, readPassages } from "./read-passages.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress } from "./with-model.js";

interface IndexFlags extends ModelFlags, FieldNames {
  db: string;
  collection?: string;
  strict: boolean;
  json: boolean;
}

export function indexCommand(): Command {
  const command = new Command("index")
    .description("Put files into a collection: JSONL, text and Markdown, or folders of them.")
    .argument("<paths...>", "files and folders")
    .addOption(databaseOption())
    .addOption(collectionOption('the only one there is, else "documents" is made'))
    .option(
      "--text-field <name>",
      "field of a JSONL line that holds the text (default: text, content, body …)",
    )
    .option("--id-field <name>", "field of a JSONL line that holds the id (default: id, _id)")
    .option("--strict", "index nothing when anything in the input is bad", false)
    .addOption(jsonOption());
  for (const option of modelOptions({
    model: OF_COLLECTION,
    dtype: "that of the collection, else fp32",
  }))
    command.addOption(option);
  return command.action(async (paths: string[], flags: IndexFlags) => {
    const input = await survey(paths, flags);
    if (!flags.json) input.problems.forEach(warn);
    const refusal = whyNot(paths, flags.strict, input);
    if (refusal) {
      if (flags.json) {
        const { documents, problems } = input;
        const { code, message } = refusal;
        printJson({ db: flags.db, documents, problems, error: { code, message } });
      }
      throw refusal;
    }
    // Files may change meanwhile: what counts is what was indexed.
    const indexed = new Survey();
    const report = await run(paths, flags, input.passages, indexed);
    if (flags.json) {
      printJson({ db: flags.db, ...indexed, ...report });
    } else {
      const known = new Set(input.problems.map(describeProblem));
      indexed.problems.filter((problem) => !known.has(describeProblem(problem))).forEach(warn);
      printReport(flags.db, indexed, report);
    }
  });
}

/** What there is to index. */
class Survey {
  documents = 0;
  passages = 0;
  readonly problems: InputProblem[] = [];

  /** Counts what passes through. */
  async *of(paths: readonly string[], flags: IndexFlags): ReturnType<typeof readPassages> {
    for await (const item of readPassages(paths, fieldsOf(flags))) {
      if (item.type === "problem") {
        this.problems.push(item);
      } else {
        this.documents += 1;
        this.passages += item.passages.length;
      }
      yield item;
    }
  }
}

/** Reads all of the input once, keeping none of it: what is bad is known before anything is written, and how much there is. */
async function survey(paths: readonly string[], flags: IndexFlags): Promise<Survey> {
  const found = new Survey();
  for await (const _ of found.of(paths, flags));
  return found;
}

/** Why nothing is to be indexed; undefined when it is. */
function whyNot(
  paths: readonly string[],
  strict: boolean,
  { documents, problems }: Survey,
): NighError | undefined {
  if (documents === 0)
    return new NighError(
      "ERR_FILE",
      `Nothing to index was found in ${paths.join(", ")}: expected .jsonl, .txt or .md files.`,
    );
  const bad = countBad(problems);
  if (strict && bad > 0)
    return new NighError(
      "ERR_FILE",
      `${bad} of the input's documents are bad (listed above) and --strict is given: nothing was indexed.`,
    );
  return undefined;
}

interface Report extends IndexedPassages {
  readonly collection: string;
  readonly model: string | undefined;
  /** Of models that run here. */
  readonly dtype: string | undefined;
  /** Records of the collection afterwards. */
  readonly total: number;
  readonly seconds: number;
}

function run(
  paths: readonly string[],
  flags: IndexFlags,
  total: number,
  counts: Survey,
): Promise<Report> {
  const make = { make: true };
  return withDatabase(flags.db, make, async (client) => {
    const name = await collectionToWrite(client, flags.collection);
    return withEmbedder(client, name, flags, async (collection, { dtype }) => {
      const start = performance.now();
      const indexed = await stopOnInterrupt(
        "What was indexed so far is stored: run the same command again to go on from there.",
        (signal) =>
          indexPassages(collection, counts.of(paths, flags), {
            total,
            showProgressBar: showsProgress(flags.json),
            rewrite: flags.dtype !== undefined,
            signal,
          }),
      );
      return {
        collection: name,
        model: collection.embedder?.name,
        dtype,
        ...indexed,
        total: await collection.count(),
        seconds: (performance.now() - start) / 1000,
      };
    });
  });
}

function printReport(db: string, { documents, passages, problems }: Survey, report: Report): void {
  const { encoded, unchanged, removed, truncated, seconds, total, collection } = report;
  const kept = unchanged > 0 ? `, ${formatCount(unchanged)} unchanged` : "";
  print(
    `${pc.green("done")} ${formatCount(documents)} documents, ${formatCount(passages)} passages (${formatCount(encoded)} encoded${kept}) in ${seconds.toFixed(1)} s, ${formatCount(passages / seconds)} passages/s`,
  );
  if (removed > 0) print(`${formatCount(removed)} passages of earlier versions are gone.`);
  if (truncated > 0)
    print(
      `${formatCount(truncated)} passages are longer than the model reads: only their beginning counts.`,
    );
  const bad = countBad(problems);
  if (problems.length > 0)
    print(
      `${formatCount(bad)} bad and ${formatCount(problems.length - bad)} skipped, listed above.`,
    );
  print(
    `The collection "${collection}" in ${db} holds ${formatCount(total)} passages. Now: ${pc.bold(`nigh search "…" --db ${db}`)}`,
  );
}

function fieldsOf({ textField, idField }: IndexFlags): FieldNames {
  return {
    ...(textField === undefined ? {} : { textField }),
    ...(idField === undefined ? {} : { idField }),
  };
}

function countBad(problems: readonly InputProblem[]): number {
  return problems.filter(({ kind }) => kind === "bad").length;
}

function warn(problem: InputProblem): void {
  process.stderr.write(`${describeProblem(problem)}\n`);
}

function describeProblem({ kind, source, line, reason }: InputProblem): string {
  const label = kind === "bad" ? pc.red("bad") : pc.yellow("skipped");
  return `${label} ${printable(`${source}${line === undefined ? "" : `:${line}`}: ${reason}`)}`;
}

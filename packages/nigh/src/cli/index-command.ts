import { Command } from "commander";
import pc from "picocolors";
import {
  type InputProblem,
  NighError,
  PassageDatabase,
  readDocuments,
  type StoredPassage,
  splitPassages,
} from "../index.js";
import {
  databaseOption,
  jsonOption,
  type ModelFlags,
  modelOptions,
  OF_DATABASE,
  withDatabaseModel,
} from "./options.js";
import { formatCount, print, printable, printJson } from "./print.js";
import { showsProgress, withModel } from "./with-model.js";

interface IndexFlags extends ModelFlags {
  db: string;
  textField?: string;
  idField?: string;
  strict: boolean;
  json: boolean;
}

export function indexCommand(): Command {
  const command = new Command("index")
    .description("Put files into a database: JSONL, text and Markdown, or folders of them.")
    .argument("<paths...>", "files and folders")
    .addOption(databaseOption())
    .option(
      "--text-field <name>",
      "field of a JSONL line that holds the text (default: text, content, body …)",
    )
    .option("--id-field <name>", "field of a JSONL line that holds the id (default: id, _id)")
    .option("--strict", "index nothing when anything in the input is bad", false)
    .addOption(jsonOption());
  for (const option of modelOptions({
    model: OF_DATABASE,
    dtype: "that of the database, else fp32",
  }))
    command.addOption(option);
  return command.action(async (paths: string[], flags: IndexFlags) => {
    const { passages, documents, problems } = await collect(paths, flags);
    if (!flags.json)
      for (const problem of problems) process.stderr.write(`${describeProblem(problem)}\n`);
    const bad = problems.filter((problem) => problem.kind === "bad").length;
    const refusal = whyNot(paths, documents, bad, flags.strict);
    if (refusal) {
      if (flags.json) {
        const { code, message } = refusal;
        printJson({ db: flags.db, documents, problems, error: { code, message } });
      }
      throw refusal;
    }

    const database = await PassageDatabase.open(flags.db);
    await withModel(ofDatabase(flags, database), async (model) => {
      const start = performance.now();
      const indexed = await database.index(passages, model, {
        showProgressBar: showsProgress(flags.json),
      });
      const seconds = (performance.now() - start) / 1000;
      if (flags.json) {
        printJson({
          db: flags.db,
          model: model.name,
          dtype: model.dtype,
          documents,
          passages: passages.length,
          ...indexed,
          total: database.size,
          seconds,
          problems,
        });
        return;
      }
      const kept = indexed.unchanged > 0 ? `, ${formatCount(indexed.unchanged)} unchanged` : "";
      print(
        `${pc.green("done")} ${formatCount(documents)} documents, ${formatCount(passages.length)} passages (${formatCount(indexed.encoded)} encoded${kept}) in ${seconds.toFixed(1)} s, ${formatCount(indexed.encoded / seconds)} passages/s`,
      );
      if (indexed.removed > 0)
        print(`${formatCount(indexed.removed)} passages of earlier versions are gone.`);
      if (indexed.truncated > 0)
        print(
          `${formatCount(indexed.truncated)} passages are longer than ${model.maxSeqLength} tokens: only their beginning counts.`,
        );
      if (problems.length > 0)
        print(
          `${formatCount(bad)} bad and ${formatCount(problems.length - bad)} skipped, listed above.`,
        );
      print(
        `${flags.db} holds ${formatCount(database.size)} passages. Now: ${pc.bold(`nigh search "…" --db ${flags.db}`)}`,
      );
    });
  });
}

/** Why nothing is to be indexed; undefined when it is. */
function whyNot(
  paths: readonly string[],
  documents: number,
  bad: number,
  strict: boolean,
): NighError | undefined {
  if (documents === 0)
    return new NighError(
      "ERR_FILE",
      `Nothing to index was found in ${paths.join(", ")}: expected .jsonl, .txt or .md files.`,
    );
  if (strict && bad > 0)
    return new NighError(
      "ERR_FILE",
      `${bad} of the input's documents are bad (listed above) and --strict is given: nothing was indexed.`,
    );
  return undefined;
}

/** New vectors are like the stored ones unless the flags say otherwise. */
function ofDatabase(flags: IndexFlags, { model }: PassageDatabase): IndexFlags {
  const dtype = flags.dtype ?? (model?.dtype === "int8" ? "int8" : "fp32");
  return { ...withDatabaseModel(flags, model), dtype };
}

/** Of a document's source the file and, of JSONL, the line: no other file's name ends in a number. */
function placeOf(source: string): { source: string; line?: number } {
  const [, file, line] = /^(.+):(\d+)$/su.exec(source) ?? [];
  return file === undefined ? { source } : { source: file, line: Number(line) };
}

async function collect(
  paths: string[],
  flags: IndexFlags,
): Promise<{ passages: StoredPassage[]; documents: number; problems: InputProblem[] }> {
  const passages: StoredPassage[] = [];
  const problems: InputProblem[] = [];
  const sources = new Map<string, string>();
  const fields = {
    ...(flags.textField === undefined ? {} : { textField: flags.textField }),
    ...(flags.idField === undefined ? {} : { idField: flags.idField }),
  };
  for await (const item of readDocuments(paths, fields)) {
    const first = item.type === "document" ? sources.get(item.id) : undefined;
    if (item.type === "problem") {
      problems.push(item);
    } else if (first !== undefined) {
      const reason = `its id "${item.id}" is that of ${first} already: ids must differ.`;
      problems.push({ type: "problem", kind: "bad", ...placeOf(item.source), reason });
    } else {
      sources.set(item.id, item.source);
      for (const { id, documentId, text, metadata } of splitPassages(item)) {
        passages.push({ id, documentId, text, metadata: { ...metadata, source: item.source } });
      }
    }
  }
  return { passages, documents: sources.size, problems };
}

function describeProblem({ kind, source, line, reason }: InputProblem): string {
  const label = kind === "bad" ? pc.red("bad") : pc.yellow("skipped");
  return `${label} ${printable(`${source}${line === undefined ? "" : `:${line}`}: ${reason}`)}`;
}

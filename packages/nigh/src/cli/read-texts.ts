import { Option } from "commander";
import { NighError, readDocuments, readTable } from "../index.js";
import { readLines } from "./read-lines.js";
import { wrongUse } from "./wrong-use.js";

/** Texts, and what each is known by. */
export interface Texts {
  readonly ids: string[];
  readonly texts: string[];
}

/** Columns of a table that hold texts, as far as --text-field names none. */
const TEXT_COLUMNS = ["text", "document", "content", "body", "sentence"];

export const textFieldOption = (): Option =>
  new Option(
    "--text-field <name>",
    "field of a JSONL line or column of a table that holds the text (default: text, content, body …)",
  );

/**
 * Texts of a file: the documents of .jsonl, known by their ids; the rows of .csv and .tsv, known by their column "id", else by their line; the
 * lines of any other, known by their number. Blank lines are no texts.
 *
 * @throws NighError `ERR_FILE` naming file and line; `ERR_INVALID_ARGUMENT` for a field of a file that has none.
 */
export async function readTexts(file: string, textField: string | undefined): Promise<Texts> {
  if (/\.(jsonl|ndjson)$/iu.test(file)) return textsOfJsonl(file, textField);
  if (/\.(csv|tsv)$/iu.test(file)) return textsOfTable(file, textField);
  if (textField !== undefined) throw wrongUse("--text-field is for .jsonl, .csv and .tsv files.");
  const found: Texts = { ids: [], texts: [] };
  for (const [i, line] of (await readLines(file)).entries()) {
    if (line.trim() !== "") add(found, String(i + 1), line);
  }
  return found;
}

async function textsOfJsonl(file: string, textField: string | undefined): Promise<Texts> {
  const found: Texts = { ids: [], texts: [] };
  for await (const item of readDocuments([file], textField === undefined ? {} : { textField })) {
    if (item.type === "document") {
      add(found, item.id, item.text);
      continue;
    }
    const line = item.line === undefined ? "" : `:${item.line}`;
    throw new NighError("ERR_FILE", `${item.source}${line}: ${item.reason}`);
  }
  return found;
}

async function textsOfTable(file: string, textField: string | undefined): Promise<Texts> {
  const found: Texts = { ids: [], texts: [] };
  for (const { line, fields } of await readTable(file)) {
    const wanted = textField === undefined ? TEXT_COLUMNS : [textField];
    const column = wanted.find((name) => Object.hasOwn(fields, name));
    if (column === undefined) {
      throw new NighError(
        "ERR_FILE",
        `${file} has the columns ${Object.keys(fields).join(", ")}, expected ${wanted.join(", or ")}: name the one with the texts, --text-field NAME.`,
      );
    }
    add(found, String(fields.id ?? line), String(fields[column]));
  }
  return found;
}

function add({ ids, texts }: Texts, id: string, text: string): void {
  ids.push(id);
  texts.push(text);
}

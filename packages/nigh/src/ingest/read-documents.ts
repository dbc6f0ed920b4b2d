import { extname } from "node:path";
import { throwIfAborted } from "../shared/abort.js";
import { describe } from "../shared/describe.js";
import { messageOf, NighError } from "../shared/errors.js";
import { checkKeys } from "../shared/options.js";
import { chooseReader, KNOWN_EXTENSIONS } from "./choose-reader.js";
import { bad, type Document, type InputProblem, skipped } from "./document.js";
import type { ReadRules } from "./document-reader.js";
import { walkFiles } from "./walk-files.js";

export interface ReadDocumentsOptions {
  /** The field with the text of a JSONL record; default `text`, else document, content, body, abstract. */
  textField?: string | undefined;
  /** The field with the id of a JSONL record; default `id`, else `_id`, else `file:line`. */
  idField?: string | undefined;
  signal?: AbortSignal | undefined;
}

const WHERE = "readDocuments";
const TEXT_FIELDS = ["text", "document", "content", "body", "abstract"];
const ID_FIELDS = ["id", "_id"];

/**
 * Reads every JSONL, text and Markdown file at and beneath `paths`, one document at a time: JSONL
 * gives one per line, the others one per file. What cannot be read is yielded as a problem, and
 * the rest is read. Ids are not checked for being unique.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION` at once; `ERR_FILE` from the
 * first step when one of `paths` is missing or unreadable; `ERR_ABORTED` when the signal fires.
 */
export function readDocuments(
  paths: readonly string[],
  options: ReadDocumentsOptions = {},
): AsyncGenerator<Document | InputProblem, void> {
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string" && path !== "")) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: the paths must be an array of non-empty strings, found ${describe(paths)}.`,
    );
  }
  return readAll([...paths], interpret(options));
}

function interpret(options: ReadDocumentsOptions): ReadRules {
  checkKeys(WHERE, options, ["textField", "idField", "signal"]);
  const { textField, idField, signal } = options;
  for (const [name, value] of Object.entries({ textField, idField })) {
    if (value !== undefined && (typeof value !== "string" || value === "")) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${WHERE}: "${name}" must be the name of a field, found ${describe(value)}.`,
      );
    }
  }
  return {
    textFields: textField === undefined ? TEXT_FIELDS : [textField],
    idFields: idField === undefined ? ID_FIELDS : [idField],
    idRequired: idField !== undefined,
    signal,
  };
}

async function* readAll(
  paths: readonly string[],
  rules: ReadRules,
): AsyncGenerator<Document | InputProblem, void> {
  for await (const file of walkFiles(paths, rules.signal)) {
    throwIfAborted(rules.signal);
    if (file.type === "problem") {
      yield file;
      continue;
    }
    const reader = chooseReader(file.path);
    if (!reader) {
      const ending = extname(file.path);
      const found =
        ending === "" ? "has no file-name ending" : `has the unknown ending "${ending}"`;
      yield skipped(file.name, `${found}; known are ${KNOWN_EXTENSIONS.join(", ")}`);
      continue;
    }
    try {
      yield* reader.read(file, rules);
    } catch (error) {
      if (!isFileSystemError(error)) throw error;
      yield bad(file.name, `cannot be read: ${messageOf(error)}`);
    }
  }
}

function isFileSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

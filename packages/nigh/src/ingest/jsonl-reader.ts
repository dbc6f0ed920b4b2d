import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { throwIfAborted } from "../shared/abort.js";
import { messageOf } from "../shared/errors.js";
import { type Line, LineSplitter } from "../shared/line-splitter.js";
import {
  bad,
  type Document,
  type InputProblem,
  MAX_DOCUMENT_BYTES,
  showBytes,
  skipped,
} from "./document.js";
import type { DocumentReader, ReadRules, SourceFile } from "./document-reader.js";
import { recordToDocument } from "./record-to-document.js";
import { binaryReason, withoutBom } from "./text-file.js";

const CHUNK_BYTES = 256 * 1024;

/** JSON Lines: one JSON object a line, read as a stream. */
export const jsonlReader: DocumentReader = { extensions: [".jsonl", ".ndjson"], read };

async function* read(file: SourceFile, rules: ReadRules): AsyncGenerator<Document | InputProblem> {
  const lines = new LineSplitter(MAX_DOCUMENT_BYTES);
  let chunks = 0;
  let found = false;
  for await (const chunk of createReadStream(file.path, { highWaterMark: CHUNK_BYTES })) {
    throwIfAborted(rules.signal);
    chunks += 1;
    // JSON has no raw NUL: later ones are the JSON parser's to report, with their line.
    const binary = chunks === 1 ? binaryReason(chunk) : undefined;
    if (binary) {
      yield bad(file.name, binary);
      return;
    }
    for (const line of lines.push(chunk)) {
      const result = readLine(line, file, rules);
      if (!result) continue;
      found = true;
      yield result;
    }
  }
  for (const line of lines.end()) {
    const result = readLine(line, file, rules);
    if (!result) continue;
    found = true;
    yield result;
  }
  if (!found) yield skipped(file.name, "is empty");
}

/** Undefined for an empty line. */
function readLine(
  line: Line,
  file: SourceFile,
  rules: ReadRules,
): Document | InputProblem | undefined {
  const problem = (reason: string) => bad(file.name, reason, line.number);
  if (!line.bytes) {
    const limit = showBytes(MAX_DOCUMENT_BYTES);
    return problem(`the line is longer than ${limit}; expected one record a line, of at most that`);
  }
  const bytes = line.number === 1 ? withoutBom(line.bytes) : line.bytes;
  if (!isUtf8(bytes)) return problem("the line is not valid UTF-8");
  const text = bytes.toString("utf8");
  if (text.trim() === "") return undefined;
  try {
    const result = recordToDocument(JSON.parse(text), rules, `${file.name}:${line.number}`);
    return "reason" in result ? problem(result.reason) : result;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return problem(`the line is not valid JSON: ${messageOf(error)}`);
    }
    if (error instanceof RangeError) return problem("the line's JSON is nested too deeply");
    throw error;
  }
}

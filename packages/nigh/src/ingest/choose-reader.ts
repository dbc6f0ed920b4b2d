import { extname } from "node:path";
import type { DocumentReader } from "./document-reader.js";
import { jsonlReader } from "./jsonl-reader.js";
import { markdownReader } from "./markdown-reader.js";
import { textReader } from "./text-reader.js";

const READERS: readonly DocumentReader[] = [jsonlReader, textReader, markdownReader];

/** Every file-name ending that can be read, with the dot. */
export const KNOWN_EXTENSIONS: readonly string[] = READERS.flatMap((reader) => reader.extensions);

/** The reader for a file by its ending, whatever its case; undefined for an unknown one. */
export function chooseReader(path: string): DocumentReader | undefined {
  const extension = extname(path).toLowerCase();
  return READERS.find((reader) => reader.extensions.includes(extension));
}

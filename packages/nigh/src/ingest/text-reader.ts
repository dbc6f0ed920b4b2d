import type { Document, InputProblem } from "./document.js";
import type { DocumentReader, SourceFile } from "./document-reader.js";
import { readTextFile } from "./text-file.js";

/** Plain text: the whole file is one document, its name the id. */
export const textReader: DocumentReader = { extensions: [".txt", ".text"], read };

async function* read(file: SourceFile): AsyncGenerator<Document | InputProblem> {
  const text = await readTextFile(file);
  yield typeof text === "string"
    ? { type: "document", id: file.name, text, metadata: {}, source: file.name }
    : text;
}

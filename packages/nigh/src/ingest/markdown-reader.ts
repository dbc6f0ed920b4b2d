import { type Document, type InputProblem, skipped } from "./document.js";
import type { DocumentReader, SourceFile } from "./document-reader.js";
import { takeFrontMatter } from "./front-matter.js";
import { markdownToText } from "./markdown-to-text.js";
import { readTextFile } from "./text-file.js";

/**
 * Markdown: the whole file is one document, its name the id, its front matter the metadata; the
 * title is the front matter's or else the first heading.
 */
export const markdownReader: DocumentReader = { extensions: [".md", ".markdown"], read };

async function* read(file: SourceFile): AsyncGenerator<Document | InputProblem> {
  const source = await readTextFile(file);
  if (typeof source !== "string") {
    yield source;
    return;
  }
  const { metadata, body } = takeFrontMatter(source);
  const { text, sections, firstHeading } = markdownToText(body);
  if (text === "") {
    yield skipped(file.name, "holds no text");
    return;
  }
  const title = metadata.title ?? firstHeading;
  yield {
    type: "document",
    id: file.name,
    text,
    metadata: title === undefined ? metadata : { ...metadata, title: String(title) },
    source: file.name,
    sections,
  };
}

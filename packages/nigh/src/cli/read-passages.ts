import {
  type Document,
  type DocumentMetadata,
  type InputProblem,
  readDocuments,
  splitPassages,
} from "../index.js";

/** A passage as a record of a collection. */
export interface PassageRecord {
  readonly id: string;
  readonly text: string;
  readonly metadata: DocumentMetadata;
}

/** A document cut into passages. */
export interface DocumentPassages {
  readonly type: "passages";
  readonly id: string;
  /** The file that the document is from, as it is in the metadata; undefined where it is from none. */
  readonly source?: string;
  readonly passages: readonly PassageRecord[];
}

/** Fields of a JSONL line that are not called as usual. */
export interface FieldNames {
  readonly textField?: string;
  readonly idField?: string;
}

/**
 * Reads files and folders, and cuts what is in them into passages. A passage has its document's metadata, and beside it `document` (the id
 * of the document), `source` (the file), in JSONL `line`, and under a heading `section`; a document's own metadata of one of
 * these names gets an underscore behind it.
 *
 * What cannot be a record is a problem: documents whose id was there already, text or metadata that no collection holds.
 */
export async function* readPassages(
  paths: readonly string[],
  fields: FieldNames,
): AsyncGenerator<DocumentPassages | InputProblem> {
  const places = new Map<string, string>();
  for await (const item of readDocuments(paths, fields)) {
    if (item.type === "problem") {
      yield item;
      continue;
    }
    const place = placeOf(item.source);
    const reason = whyBad(item, places.get(item.id));
    if (reason === undefined) {
      places.set(item.id, item.source);
      yield cut(item, place);
    } else {
      yield { type: "problem", kind: "bad", ...place, reason };
    }
  }
}

interface Place {
  readonly source: string;
  readonly line?: number;
}

/** Of a document's source the file and, of JSONL, the line: no other file's name ends in a number. */
function placeOf(source: string): Place {
  const [, file, line] = /^(.+):(\d+)$/su.exec(source) ?? [];
  return file === undefined ? { source } : { source: file, line: Number(line) };
}

function cut(document: Document, place: Place): DocumentPassages {
  const own = Object.entries(document.metadata).map(([name, value]) => [freeName(name), value]);
  const metadata: DocumentMetadata = {
    ...Object.fromEntries(own),
    document: document.id,
    ...place,
  };
  const passages = splitPassages({ ...document, metadata });
  return {
    type: "passages",
    id: document.id,
    source: place.source,
    passages: passages.map(({ id, text, metadata }) => ({ id, text, metadata })),
  };
}

/** `section_` for `section`, `section__` for `section_`: no two names become one. */
function freeName(name: string): string {
  return /^(?:document|source|line|section)_*$/u.test(name) ? `${name}_` : name;
}

/** Why a document cannot be stored; undefined when it can. */
function whyBad({ id, text, metadata }: Document, first: string | undefined): string | undefined {
  if (first !== undefined) return `its id "${id}" is that of ${first} already: ids must differ.`;
  const nul = "holds a NUL character, which cannot be stored: take it out.";
  if (text.includes("\0")) return `its text ${nul}`;
  if (id.includes("\0")) return `its id ${nul}`;
  for (const [name, value] of Object.entries(metadata)) {
    const field = `its field ${JSON.stringify(name)}`;
    if (name === "" || name.startsWith("#") || name.startsWith("$"))
      return `${field} cannot be a key of metadata: expected a name that is not empty and starts with neither "#" nor "$".`;
    if (`${name}${value}`.includes("\0")) return `${field} ${nul}`;
  }
  return undefined;
}

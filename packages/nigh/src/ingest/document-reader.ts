import type { Document, InputProblem } from "./document.js";

/** A file that was found and is about to be read. */
export interface SourceFile {
  type: "file";
  /** Where to open it. */
  path: string;
  /**
   * How ids and messages name it: relative to the working folder when beneath it, else absolute;
   * with `/` on every system. The same file gets the same name however its path was spelled.
   */
  name: string;
}

/** The options of {@link readDocuments}, interpreted. */
export interface ReadRules {
  /** Where a record's text may be, first match wins. */
  textFields: readonly string[];
  /** Where a record's id may be, first match wins. */
  idFields: readonly string[];
  /** True when the caller named the id's field: a record without it is then bad. */
  idRequired: boolean;
  signal: AbortSignal | undefined;
}

/** Reads one format. To add a format, write one of these and list it in choose-reader.ts. */
export interface DocumentReader {
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  /**
   * Yields documents and problems in the file's order; throws only what the file system throws,
   * which the caller turns into a problem.
   */
  read(file: SourceFile, rules: ReadRules): AsyncGenerator<Document | InputProblem>;
}

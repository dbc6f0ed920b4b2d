/** What is wrong with a database. */
export interface Problem {
  readonly part:
    | "file"
    | "catalogue"
    | "records"
    | "vectors"
    | "metadata"
    | "words"
    | "journal"
    | "tables"
    | "graph";
  /** The collection's name, where it is one's. */
  readonly collection?: string;
  /** Its id: databases may have collections of one name. */
  readonly collectionId?: string;
  /** What was found, in a sentence. */
  readonly message: string;
  /**
   * What mends it: "repair", which makes anew what is derived from records and vectors, or "saveTo", which saves what can be read
   * into another folder.
   */
  readonly remedy: "repair" | "saveTo";
}

/** A collection as it was found. */
export interface ExaminedCollection {
  readonly name: string;
  readonly tenant: string;
  readonly database: string;
  readonly records: number;
  readonly dimension: number | null;
}

/** A database as it was found. */
export interface Examination {
  /** Of the database's file. */
  readonly path: string;
  readonly collections: readonly ExaminedCollection[];
  /** Empty for a database that is sound. */
  readonly problems: readonly Problem[];
}

/** A record that could be saved in part only. */
export interface PartialSave {
  readonly id: string;
  /** Texts have replacement characters (U+FFFD) where they cannot be read; metadata and vectors are missing. */
  readonly part: "document" | "uri" | "metadata" | "vector";
}

/** What could be saved of a collection. */
export interface SavedCollection {
  readonly name: string;
  readonly tenant: string;
  readonly database: string;
  /** Records that are in the new database. */
  readonly saved: number;
  /** Records that are known to have been there, and of which nothing but maybe the id could be read. */
  readonly lost: number;
  /** Ids of these, as far as they could be read. */
  readonly lostIds: readonly string[];
  /** Records of which something is missing. Those without a vector are not in the new database, but in `withoutVectors`. */
  readonly partial: readonly PartialSave[];
  /** A file of the records whose vectors are lost, in nigh's JSON lines, to be added again; undefined where there are none. */
  readonly withoutVectors?: string;
}

/** What could be saved of a damaged database. */
export interface Recovery {
  /** The folder of the new database. */
  readonly path: string;
  readonly collections: readonly SavedCollection[];
  /** What could not be read, and what follows. */
  readonly notes: readonly string[];
}

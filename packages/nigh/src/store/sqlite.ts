import { NighError } from "../shared/errors.js";
import { Damage } from "./damage.js";

export { openSqlite } from "#store/sqlite-module";
export type { Row, Sqlite, SqlValue, Statement } from "./sqlite-types.js";

/** An error of node:sqlite's. */
interface SqliteError {
  readonly code: string;
  readonly errcode: number;
}

/** SQLite's primary result codes, of those that nigh tells apart. */
export const RESULT = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

const MESSAGES: Readonly<Record<string, number>> = {
  "database is locked": RESULT.busy,
  "database table is locked": RESULT.locked,
  "attempt to write a readonly database": RESULT.readOnly,
  "disk I/O error": RESULT.ioError,
  "database disk image is malformed": RESULT.corrupt,
  "database or disk is full": RESULT.full,
  "unable to open database file": RESULT.cannotOpen,
  "file is not a database": RESULT.notADatabase,
};

const OF_DAMAGED_SCHEMA =
  /no such (?:table|column|index|module|tokenizer)|has no column|syntax error|vtable constructor failed|unrecognized option|error in tokenizer|unsupported file format/u;

/** The primary result code of an error of SQLite's, undefined for other errors. */
export function resultCode(error: unknown): number | undefined {
  if (error instanceof Damage) return RESULT.corrupt;
  const { code, errcode, message } = (error ?? {}) as Partial<Error & SqliteError>;
  if (code !== "ERR_SQLITE_ERROR") return undefined;
  // nigh's own SQL names what is there, unless the list of tables is damaged.
  if (OF_DAMAGED_SCHEMA.test(message ?? "")) {
    return RESULT.corrupt;
  }
  if (errcode !== undefined) return errcode & 0xff;
  // The package @photostructure/sqlite gives no code where rows are read: SQLite's texts are as fixed as its codes.
  const known = Object.entries(MESSAGES).find(([text]) => message?.includes(text));
  return known?.[1] ?? RESULT.error;
}

/** An error of SQLite's as one of nigh's; other errors as they are. */
export function databaseError(error: unknown, path: string): unknown {
  const result = resultCode(error);
  if (result === undefined) return error;
  const { message } = error as Error;
  const { code, advice } = ADVICE[result] ?? { code: "ERR_DATABASE", advice: "" };
  return new NighError(code, `The database ${path}: ${message}. ${advice}`.trimEnd(), {
    cause: error,
  });
}

const DAMAGED = {
  code: "ERR_DATABASE",
  advice:
    "The file is damaged, or no database of nigh's: run nigh doctor, which saves what can be read.",
} as const;

const ADVICE: Readonly<
  Record<
    number,
    { code: "ERR_DATABASE" | "ERR_BUSY" | "ERR_READ_ONLY" | "ERR_DISK_FULL"; advice: string }
  >
> = {
  [RESULT.busy]: {
    code: "ERR_BUSY",
    advice: "Another process is writing to it: try again when it is done. Nothing was changed.",
  },
  [RESULT.locked]: {
    code: "ERR_BUSY",
    advice: "It is locked by this process: try again. Nothing was changed.",
  },
  [RESULT.readOnly]: {
    code: "ERR_READ_ONLY",
    advice: "Give this user the right to write to the folder and its files. Nothing was changed.",
  },
  [RESULT.ioError]: {
    code: "ERR_DATABASE",
    advice:
      "The disk reported an error: what was being written does not count as stored; everything stored before is there. Try again when the disk works.",
  },
  [RESULT.full]: {
    code: "ERR_DISK_FULL",
    advice:
      "The disk is full: what was being written was not stored; everything stored before is there. Free some space and try again.",
  },
  [RESULT.cannotOpen]: {
    code: "ERR_DATABASE",
    advice: "Expected a folder that this user may read and write.",
  },
  [RESULT.corrupt]: DAMAGED,
  [RESULT.notADatabase]: DAMAGED,
};

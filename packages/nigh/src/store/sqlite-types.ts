/** What SQLite takes and gives. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** A row as an object of its columns. */
export type Row = Record<string, SqlValue>;

/** The part of node:sqlite's StatementSync that nigh uses. */
export interface Statement {
  run(...parameters: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  get(...parameters: SqlValue[]): Row | undefined;
  all(...parameters: SqlValue[]): Row[];
  iterate(...parameters: SqlValue[]): IterableIterator<Row>;
}

/** The part of node:sqlite's DatabaseSync that nigh uses. */
export interface Sqlite {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  function(name: string, options: object, implementation: (...values: never[]) => unknown): void;
  close(): void;
}

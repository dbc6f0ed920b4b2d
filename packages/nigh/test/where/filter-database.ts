import type { Metadata } from "../../src/store/metadata.js";
import { metadataEntries } from "../../src/store/metadata-entries.js";
import { createCollectionTables, tablesOf } from "../../src/store/schema.js";
import { openSqlite, type Sqlite } from "../../src/store/sqlite.js";
import type { Condition } from "../../src/store/where/condition.js";
import { registerRegex } from "../../src/store/where/regex.js";
import { bound, type Sql } from "../../src/store/where/sql.js";
import { selectKeys, toSql } from "../../src/store/where/to-sql.js";
import { indexedText } from "../../src/store/words/words-of.js";

export interface FilteredRecord {
  readonly metadata: Metadata | null;
  readonly document: string | null;
}

/** A collection's tables in memory; the key of a record is its place in the list. */
export class FilterDatabase {
  readonly tables = tablesOf(1);
  readonly #db: Sqlite = openSqlite(":memory:");

  constructor() {
    registerRegex(this.#db);
    this.#db.exec(createCollectionTables(this.tables));
  }

  fill(records: readonly FilteredRecord[]): void {
    const { records: table, metadata: values, words } = this.tables;
    this.#db.exec(`BEGIN; DELETE FROM ${table}; DELETE FROM ${values}; DELETE FROM ${words}`);
    const insert = this.#db.prepare(`INSERT INTO ${table} (key, id, document) VALUES (?, ?, ?)`);
    const insertWords = this.#db.prepare(`INSERT INTO ${words} (rowid, document) VALUES (?, ?)`);
    for (const [key, { metadata, document }] of records.entries()) {
      insert.run(key, `id-${records.length - key}`, document);
      if (document !== null) insertWords.run(key, indexedText(document));
      for (const { name, kind, value } of metadataEntries(metadata)) {
        const { sql, parameters } = bound(value);
        const row = `INSERT OR IGNORE INTO ${values} VALUES (?, ?, ${sql}, ?)`;
        this.#db.prepare(row).run(name, kind, ...parameters, key);
      }
    }
    this.#db.exec("COMMIT");
  }

  /** Keys of the records that match, by the boolean expression. */
  matching(condition: Condition): number[] {
    const { sql, parameters } = toSql(condition, this.tables);
    return this.#keys(`SELECT key FROM ${this.tables.records} WHERE ${sql}`, parameters);
  }

  /** Keys of the records of which the boolean expression is false. */
  notMatching(condition: Condition): number[] {
    const { sql, parameters } = toSql(condition, this.tables);
    return this.#keys(`SELECT key FROM ${this.tables.records} WHERE NOT (${sql})`, parameters);
  }

  /** Keys as selectKeys finds them. */
  selected(condition: Condition): number[] {
    const { sql, parameters } = selectKeys(condition, this.tables);
    return this.#keys(sql, parameters);
  }

  /** SQLite's plan, a line a step. */
  plan(condition: Condition): string[] {
    const { sql, parameters } = selectKeys(condition, this.tables);
    return this.#db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters)
      .map(({ detail }) => String(detail));
  }

  close(): void {
    this.#db.close();
  }

  #keys(select: string, parameters: Sql["parameters"]): number[] {
    const keys = this.#db.prepare(`SELECT json_group_array(key) AS keys FROM (${select})`);
    const found: number[] = JSON.parse(String(keys.get(...parameters)?.keys));
    return found.sort((a, b) => a - b);
  }
}

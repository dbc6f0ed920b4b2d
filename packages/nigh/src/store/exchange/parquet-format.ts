import type { ExchangeFormat } from "./exchange.js";

/**
 * Parquet: a table that pandas, DuckDB and polars read too. Its libraries are loaded when a file is: most programs need none of
 * them, and would start later.
 */
export const parquetFormat: ExchangeFormat = {
  name: "parquet",
  write: async (records, path, header) =>
    (await import("./parquet-writer.js")).writeParquet(records, path, header),
  read: async (path) => (await import("./parquet-reader.js")).readParquet(path),
};

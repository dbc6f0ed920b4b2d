import type { ExchangeFormat } from "./exchange.js";
import { readParquet } from "./parquet-reader.js";
import { writeParquet } from "./parquet-writer.js";

/** Parquet: a table that pandas, DuckDB and polars read too. */
export const parquetFormat: ExchangeFormat = {
  name: "parquet",
  write: writeParquet,
  read: readParquet,
};

import { extname } from "node:path";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import type { ExchangeFormat } from "./exchange.js";
import { jsonlFormat } from "./jsonl-format.js";
import { parquetFormat } from "./parquet-format.js";

const FORMATS: Readonly<Record<string, ExchangeFormat>> = {
  ".jsonl": jsonlFormat,
  ".ndjson": jsonlFormat,
  ".parquet": parquetFormat,
};

/** The format that a file's extension names, in any case. @throws NighError `ERR_INVALID_ARGUMENT` */
export function exchangeFormat(path: string): ExchangeFormat {
  if (typeof path !== "string") {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `The path of a file must be a string that ends in ${Object.keys(FORMATS).join(", ")}, found ${describe(path)}.`,
    );
  }
  const extension = extname(path).toLowerCase();
  const format = Object.hasOwn(FORMATS, extension) ? FORMATS[extension] : undefined;
  if (format) return format;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${path} ${extension === "" ? "has no extension" : `ends in "${extension}"`}; expected a file that ends in ${Object.keys(FORMATS).join(", ")}.`,
  );
}

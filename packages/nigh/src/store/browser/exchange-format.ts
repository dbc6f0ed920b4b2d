import { NighError } from "../../shared/errors.js";
import type { ExchangeFormat } from "../exchange/exchange.js";

/** @throws NighError `ERR_FILE`: a page has no files to write to or read from by their paths. */
export function exchangeFormat(path: string): ExchangeFormat {
  throw new NighError(
    "ERR_FILE",
    `A browser has no file ${path}. Export and import in Node.js, or read the records with get() and write them yourself.`,
  );
}

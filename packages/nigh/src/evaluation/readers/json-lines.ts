import { messageOf } from "../../shared/errors.js";
import { isObject } from "../../shared/plain-values.js";
import { badFile } from "./bad-file.js";
import type { TableRow } from "./table-rows.js";
import { textLines } from "./text-lines.js";

/**
 * The objects of a JSON Lines file.
 *
 * @throws NighError `ERR_FILE` naming the line that is no JSON object.
 */
export async function* jsonLines(path: string): AsyncGenerator<TableRow> {
  for await (const { number: line, text } of textLines(path)) {
    let fields: unknown;
    try {
      fields = JSON.parse(text);
    } catch (error) {
      throw badFile(path, line, `the line is not valid JSON: ${messageOf(error)}`);
    }
    if (!isObject(fields)) throw badFile(path, line, "expected a JSON object");
    yield { line, fields };
  }
}

import { RE2JS } from "re2js";
import { messageOf, NighError } from "../../shared/errors.js";

const CACHED = 1_000;
const compiled = new Map<string, RE2JS>();

/**
 * A regular expression in RE2's syntax, which takes time linear in the text: no look-around, no back-references; \d, \w,
 * \s and \b are of ASCII, \p{L} and the like of Unicode; `(?i)` ignores case. It is not anchored.
 *
 * @param where what holds the pattern, for errors.
 * @throws NighError `ERR_INVALID_FILTER` for any other syntax.
 */
export function compileRegex(pattern: string, where = "$regex"): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  try {
    const regex = RE2JS.compile(pattern);
    const [oldest] = compiled.keys();
    if (compiled.size >= CACHED && oldest !== undefined) compiled.delete(oldest);
    compiled.set(pattern, regex);
    return regex;
  } catch (cause) {
    throw new NighError(
      "ERR_INVALID_FILTER",
      `${where}: expected a regular expression in RE2's syntax (no look-around, no back-references), found ${JSON.stringify(pattern)}: ${messageOf(cause)}.`,
      { cause },
    );
  }
}

/** The part of a connection of SQLite that this needs: node:sqlite's DatabaseSync has it. */
export interface FunctionRegistry {
  function(name: string, options: object, fn: (...args: never[]) => unknown): void;
}

/** Gives a connection the functions that the SQL of filters calls: nigh_regex, and nigh_float for long lists. */
export function registerRegex(db: FunctionRegistry): void {
  const options = { deterministic: true };
  db.function("nigh_regex", options, (pattern: string, document: string | null) =>
    document !== null && compileRegex(pattern).test(document) ? 1 : 0,
  );
  // SQLite's own reading of decimals is off by a bit for some of them, depending on its version.
  db.function("nigh_float", options, (text: string) => Number(text));
}

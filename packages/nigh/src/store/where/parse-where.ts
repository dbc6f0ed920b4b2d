import { checkText } from "./check-operand.js";
import { combine } from "./combine.js";
import type { Condition } from "./condition.js";
import { onlyEntry, pathTo, refused, unknownOperator, wrong } from "./filter-error.js";
import { DOCUMENT_OPERATORS, JOINING_OPERATORS, operatorOf, VALUE_OPERATORS } from "./operators.js";
import { parseDocumentComparison, parseValueComparison } from "./parse-comparison.js";

const DEEPEST = 100;
const MOST_COMPARISONS = 5_000;
const WHERE = '{ year: { $gte: 1990 } }, { author: "Ada" } or { $and: [{ … }, { … }] }';
const WHERE_DOCUMENT = '{ $contains: "engine" } or { $and: [{ … }, { … }] }';

/**
 * Checks a filter of metadata and one of documents, and makes one condition of them, in canonical form; undefined where
 * neither is given. Nested 100 deep at most, of 5,000 comparisons at most, of which each may have a list of any length.
 *
 * @throws NighError `ERR_INVALID_FILTER` saying where in the filter, what was found and what was expected.
 */
export function parseWhere(where: unknown, whereDocument: unknown): Condition | undefined {
  const parser = new Parser();
  const conditions: Condition[] = [];
  if (where !== undefined && where !== null) conditions.push(parser.where("where", where, 0));
  if (whereDocument !== undefined && whereDocument !== null) {
    conditions.push(parser.whereDocument("whereDocument", whereDocument, 0));
  }
  return conditions.length === 0 ? undefined : combine("all", conditions);
}

class Parser {
  #comparisons = 0;

  where(path: string, value: unknown, depth: number): Condition {
    const [key, inner] = onlyEntry(path, value, WHERE);
    const below = pathTo(path, key);
    const joining = operatorOf(key, JOINING_OPERATORS);
    if (joining !== undefined) {
      return this.#list(joining, below, inner, depth, (...args) => this.where(...args));
    }
    this.#count(path);
    if (key === "#document") return parseDocumentComparison(below, inner);
    checkName(below, key);
    return parseValueComparison(below, key, inner);
  }

  whereDocument(path: string, value: unknown, depth: number): Condition {
    const [key, inner] = onlyEntry(path, value, WHERE_DOCUMENT);
    const joining = operatorOf(key, JOINING_OPERATORS);
    if (joining !== undefined) {
      return this.#list(joining, pathTo(path, key), inner, depth, (...args) =>
        this.whereDocument(...args),
      );
    }
    this.#count(path);
    return parseDocumentComparison(path, value, JOINING_OPERATORS);
  }

  #list(
    operator: "$and" | "$or",
    path: string,
    value: unknown,
    depth: number,
    parse: (path: string, value: unknown, depth: number) => Condition,
  ): Condition {
    if (!Array.isArray(value)) throw wrong(path, "an array of filters", value);
    if (value.length === 0) throw wrong(path, "an array of at least one filter", value);
    if (depth >= DEEPEST) throw refused(path, `expected filters nested at most ${DEEPEST} deep.`);
    const conditions = Array.from(value, (item, i) => parse(`${path}[${i}]`, item, depth + 1));
    return combine(operator === "$and" ? "all" : "any", conditions);
  }

  #count(path: string): void {
    this.#comparisons += 1;
    if (this.#comparisons <= MOST_COMPARISONS) return;
    throw refused(
      path,
      `expected at most ${MOST_COMPARISONS} comparisons in a filter, found more. $in and $nin take any number of values.`,
    );
  }
}

function checkName(path: string, name: string): void {
  if (name.startsWith("$")) {
    throw unknownOperator(path, name, JOINING_OPERATORS, hintForOperator(name));
  }
  if (name.startsWith("#")) {
    throw refused(
      path,
      `expected the name of a value of metadata or #document, found ${JSON.stringify(name)}. Names do not start with "#".`,
    );
  }
  if (name === "")
    throw refused(path, "expected the name of a value of metadata, found an empty one.");
  checkText(path, name);
}

function hintForOperator(name: string): string {
  if (operatorOf(name, DOCUMENT_OPERATORS)) {
    return `For documents write { "#document": { ${name}: … } }, or use whereDocument.`;
  }
  return operatorOf(name, VALUE_OPERATORS) ? `Write { name: { ${name}: … } }.` : "";
}

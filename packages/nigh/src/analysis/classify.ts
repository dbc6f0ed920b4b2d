import { dotScore } from "../kernels/similarity.js";
import { describe, quote } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix } from "../shared/matrix.js";
import { checkWorkOptions, paced, type WorkOptions } from "./paced-work.js";
import { checkCosine, checkTextList, unitRows } from "./points.js";
import { checkEmbedder, type TextEmbedder } from "./text-embedder.js";

/** Labels by their names, or with texts that describe each or are examples of it. */
export type ClassifyLabels =
  | readonly string[]
  | Readonly<Record<string, string | readonly string[]>>;

export interface ClassifyOptions extends WorkOptions {
  /** Cosine similarity, -1 to 1, below which a text gets no label. Default -1: each gets one. */
  readonly threshold?: number | undefined;
  /** What is encoded for a label that has its name alone, with `{}` where the name goes, e.g. "This text is about {}.". Default "{}". */
  readonly template?: string | undefined;
}

export interface Classified {
  /** The label most like the text, of equal ones the first; null where none reaches the threshold. */
  readonly label: string | null;
  /** Cosine similarity of the text and that label. */
  readonly score: number;
  /** Of every label, by its name. */
  readonly scores: Readonly<Record<string, number>>;
}

const WHERE = "classify";
const PLACE = "{}";
const TEXTS_AT_ONCE = 1024;

/**
 * Zero-shot classification: each text gets the label whose meaning is nearest, without training (Veeranna et al. 2016, "Using semantic
 * similarity for multi-label zero-shot classification of text documents"). A label is the unit vector of its name in the template, or the
 * mean of the unit vectors of its texts, which tells more: `{ refund: ["I want my money back", "…"] }`.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` without labels, for one that comes twice and for one without texts; `ERR_INVALID_TEXT`,
 * `ERR_UNKNOWN_OPTION`, `ERR_ABORTED`.
 */
export async function classify(
  texts: readonly string[],
  labels: ClassifyLabels,
  embedder: TextEmbedder,
  options: ClassifyOptions = {},
): Promise<Classified[]> {
  checkWorkOptions(WHERE, options, ["threshold", "template"]);
  const threshold = checkCosine(WHERE, "threshold", options.threshold ?? -1);
  const checked = checkTextList(WHERE, texts);
  const named = textsOfLabels(labels, checkTemplate(options.template ?? PLACE));
  const encoder = checkEmbedder(WHERE, embedder);
  const { signal } = options;
  return paced("Classifying", checked.length, options, async (pace) => {
    if (checked.length === 0) return [];
    const encode = (some: readonly string[]) => encoder.encode(some, signal ? { signal } : {});
    const names = [...named.keys()];
    const meanings = await meaningsOf([...named.values()], encode);
    const found: Classified[] = [];
    for (let from = 0; from < checked.length; from += TEXTS_AT_ONCE) {
      const some = checked.slice(from, from + TEXTS_AT_ONCE);
      const scores = dotScore(unitRows(await encode(some)), meanings);
      for (const row of scores) found.push(bestOf(names, row, threshold));
      await pace.done(some.length);
    }
    return found;
  });
}

function bestOf(names: readonly string[], row: Float32Array, threshold: number): Classified {
  const best = row.reduce((top, score, i) => (score > (row[top] as number) ? i : top), 0);
  const score = row[best] as number;
  return {
    label: score >= threshold ? (names[best] as string) : null,
    score,
    scores: Object.fromEntries(names.map((name, i) => [name, row[i] as number])),
  };
}

/** [labels x d], length 1. */
async function meaningsOf(
  texts: readonly (readonly string[])[],
  encode: (texts: readonly string[]) => Promise<Matrix>,
): Promise<Matrix> {
  const vectors = unitRows(await encode(texts.flat()));
  const means = Matrix.zeros(texts.length, vectors.shape[1]);
  let at = 0;
  for (const [label, { length }] of texts.entries()) {
    const mean = means.row(label);
    for (let end = at + length; at < end; at++) {
      const vector = vectors.row(at);
      for (let i = 0; i < mean.length; i++) {
        mean[i] = (mean[i] as number) + (vector[i] as number) / length;
      }
    }
  }
  return unitRows(means);
}

/** What is encoded for each label. */
function textsOfLabels(labels: ClassifyLabels, template: string): Map<string, readonly string[]> {
  if (labels === null || typeof labels !== "object") {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: the labels must be a list of names, or texts by name, found ${describe(labels)}.`,
    );
  }
  const entries: [string, string | readonly string[]][] = Array.isArray(labels)
    ? checkTextList(`${WHERE}: labels`, labels).map((name) => [
        name,
        template.replaceAll(PLACE, () => name),
      ])
    : Object.entries(labels as Readonly<Record<string, string | readonly string[]>>);
  const texts = new Map<string, readonly string[]>();
  for (const [name, own] of entries) {
    if (name.trim() === "") throw badLabels("one is empty: each needs a name.");
    if (texts.has(name)) throw badLabels(`${quote(name)} comes twice: each must differ.`);
    const list = checkTextList(
      `${WHERE}: label ${quote(name)}`,
      typeof own === "string" ? [own] : own,
    );
    if (list.length === 0) throw badLabels(`${quote(name)} has no text: give it at least one.`);
    texts.set(name, list);
  }
  if (texts.size === 0) throw badLabels("there are none: give at least one.");
  return texts;
}

function checkTemplate(template: unknown): string {
  if (typeof template === "string" && template.includes(PLACE)) return template;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: "template" must be a string with {} where the label goes, found ${describe(template)}.`,
  );
}

function badLabels(reason: string): NighError {
  return new NighError("ERR_INVALID_ARGUMENT", `${WHERE}: of the labels ${reason}`);
}

import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import type { Matrix, MatrixLike } from "../shared/matrix.js";
import { checkInteger, checkKeys } from "../shared/options.js";
import { type ClusterWord, distinctiveWords } from "./cluster-words.js";
import { checkPoints, checkTextList } from "./points.js";

export interface DescribeClustersOptions {
  /** Most words of each cluster. Default 5. */
  readonly words?: number | undefined;
}

export interface ClusterDescription {
  /** Number of the cluster, as in the labels. */
  readonly label: number;
  readonly size: number;
  /** Its distinctive words, the most telling first. */
  readonly words: readonly ClusterWord[];
  /** Row of its most central text: nearest to the mean of the cluster's vectors, of equal ones the first. */
  readonly central: number;
  /** Rows of its texts, ascending. */
  readonly rows: readonly number[];
}

const WHERE = "describeClusters";

/**
 * Says what is in each cluster: how many texts, the words that tell it from the others ({@link distinctiveWords}: c-TF-IDF) and its most central text.
 *
 * @param labels number of the cluster of each vector; negative for none, whose texts count as outside of all clusters.
 * @returns ascending by label.
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_TEXT`, `ERR_DIMENSION`, `ERR_UNKNOWN_OPTION`.
 */
export function describeClusters(
  vectors: MatrixLike,
  texts: readonly string[],
  labels: ArrayLike<number>,
  options: DescribeClustersOptions = {},
): ClusterDescription[] {
  checkKeys(WHERE, options, ["words"]);
  const most = checkInteger(WHERE, "words", options.words ?? 5, 0);
  const points = checkPoints(WHERE, vectors);
  const checked = checkTextList(WHERE, texts, points.shape[0]);
  if (labels?.length !== points.shape[0]) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: the labels must be a list of ${points.shape[0]} numbers, one for each vector, found ${describe(labels)}.`,
    );
  }
  const clusters = new Map<number, number[]>();
  const rest: number[] = [];
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    const rows = label >= 0 ? clusters.get(label) : rest;
    if (rows === undefined) clusters.set(label, [row]);
    else rows.push(row);
  }
  const ascending = [...clusters].sort(([a], [b]) => a - b);
  const textsOf = (rows: readonly number[]) => rows.map((row) => checked[row] as string);
  const words = distinctiveWords(
    ascending.map(([, rows]) => textsOf(rows)),
    textsOf(rest),
    most,
  );
  return ascending.map(([label, rows], i) => ({
    label,
    size: rows.length,
    words: words[i] as ClusterWord[],
    central: centralRow(points, rows),
    rows,
  }));
}

function centralRow(points: Matrix, rows: readonly number[]): number {
  const mean = new Float64Array(points.shape[1]);
  for (const row of rows) {
    const vector = points.row(row);
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (vector[i] as number);
  }
  for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) / rows.length;
  let best = rows[0] as number;
  let least = Infinity;
  for (const row of rows) {
    const vector = points.row(row);
    let square = 0;
    for (let i = 0; i < mean.length; i++) {
      square += ((vector[i] as number) - (mean[i] as number)) ** 2;
    }
    if (square >= least) continue;
    least = square;
    best = row;
  }
  return best;
}

import type { Embedder } from "../../encoder/embedder.js";
import { Matrix } from "../../shared/matrix.js";
import type { OnProgress } from "../../shared/progress.js";
import { type EvaluateOptions, encodeOptions } from "../evaluate-options.js";
import { checkRows } from "../pair-scores.js";
import type { CorpusPart } from "./dense-rankings.js";
import type { JudgedSet } from "./judged-queries.js";
import type { RetrievalVectors } from "./retrieval-source.js";

/** Vectors of the judged queries, and of documents by their places in the corpus. */
export interface CorpusVectors {
  queries(): Matrix | Promise<Matrix>;
  corpus(rows: readonly number[]): Matrix | Promise<Matrix>;
  /** Texts so far of which the model read only the beginning. */
  readonly truncated: number;
}

/** @throws NighError `ERR_DIMENSION` when there is not one vector for each query and document. */
export function givenVectors(
  where: string,
  { queryEmbeddings, corpusEmbeddings }: RetrievalVectors,
  { queries, unjudged, corpus }: JudgedSet,
): CorpusVectors {
  const [asked, documents] = [Matrix.from(queryEmbeddings), Matrix.from(corpusEmbeddings)];
  checkRows(where, "queryEmbeddings", asked, queries.length + unjudged.length);
  checkRows(where, "corpusEmbeddings", documents, corpus?.size ?? 0);
  return {
    queries: () => Matrix.from(queries.map(({ row }) => asked.row(row))),
    corpus: (rows) => Matrix.from(rows.map((row) => documents.row(row))),
    truncated: 0,
  };
}

/** @param encoding options of `encode` for each of both. */
export function encodedVectors(
  embedder: Embedder,
  { queries, corpus = new Map() }: JudgedSet,
  encoding: Readonly<Record<"queries" | "corpus", object>>,
  options: EvaluateOptions,
): CorpusVectors {
  const texts = [...corpus.values()];
  let truncated = 0;
  const counted = async (encode: (common: EvaluateOptions) => Promise<Matrix>): Promise<Matrix> => {
    let inCall = 0;
    const onProgress: OnProgress = (progress) => {
      inCall = progress.truncated;
      options.onProgress?.(progress);
    };
    const vectors = await encode({ ...encodeOptions(options), onProgress });
    truncated += inCall;
    return vectors;
  };
  return {
    queries: () =>
      counted((common) =>
        embedder.encodeQuery(
          queries.map(({ text }) => text),
          { ...common, ...encoding.queries },
        ),
      ),
    corpus: (rows) =>
      counted((common) =>
        embedder.encodeDocument(
          rows.map((row) => texts[row] as string),
          { ...common, ...encoding.corpus },
        ),
      ),
    get truncated() {
      return truncated;
    },
  };
}

/** The corpus part by part in the order of ids, in which ties fall to the lower id by themselves. */
export async function* partsById(
  { corpus = new Map() }: JudgedSet,
  vectors: CorpusVectors,
  size: number,
): AsyncGenerator<CorpusPart> {
  const ids = [...corpus.keys()];
  const order = ids.map((_, i) => i).sort((a, b) => ((ids[a] ?? "") < (ids[b] ?? "") ? -1 : 1));
  for (let from = 0; from < order.length; from += size) {
    const rows = order.slice(from, from + size);
    yield { ids: rows.map((row) => ids[row] as string), vectors: await vectors.corpus(rows) };
  }
}

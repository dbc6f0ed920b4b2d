import {
  type BeirSet,
  type CrossEncoder,
  EphemeralClient,
  type InformationRetrievalEvaluation,
  InformationRetrievalEvaluator,
  Matrix,
  readBeir,
} from "../index.js";
import type { EvaluateFlags } from "./evaluate-command.js";
import {
  checkMinimums,
  plainMetric,
  reachMinimums,
  requireMinimums,
} from "./evaluation-minimum.js";
import { formatCount, formatScore, print, printJson, printTable } from "./print.js";
import { printMinimums } from "./print-minimums.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress, withModel } from "./with-model.js";
import { withReranker } from "./with-reranker.js";

const METRICS = ["ndcg@", "mrr@", "map@", "recall@", "precision@", "accuracy@"] as const;

interface Found {
  readonly evaluation: InformationRetrievalEvaluation;
  /** Null where no model was needed. */
  readonly model: { readonly name: string; readonly dtype: string | undefined } | null;
  /** Texts of which the model read only the beginning. */
  readonly truncated: number;
}

/** `nigh evaluate --beir`. */
export async function evaluateBeir(folder: string, flags: EvaluateFlags): Promise<void> {
  const { mode = "semantic", rerank, min, json } = flags;
  checkMinimums(min, METRICS);
  const set = await readBeir(folder, flags.split === undefined ? {} : { split: flags.split });
  const evaluator = evaluatorOf(set, flags);
  const { evaluation, model, truncated } = await stopOnInterrupt("Nothing was changed.", (signal) =>
    withReranker(flags, (reranker) => run(set, evaluator, flags, reranker, signal)),
  );
  const { metrics, primaryMetric, unjudged } = evaluation;
  const reached = reachMinimums(min, metrics);
  const queries = set.queries.size - unjudged.length;
  if (json) {
    printJson({
      ...{ data: folder, documents: set.corpus.size, queries, unjudged: unjudged.length, mode },
      ...(rerank !== undefined && { rerank }),
      ...{ model: model?.name ?? null, dtype: model?.dtype ?? null },
      ...{ truncated, metrics, primaryMetric, minimums: reached },
    });
  } else {
    const more =
      unjudged.length === 0 ? "" : ` (${formatCount(unjudged.length)} more without judgments)`;
    print(
      `${set.name}: ${formatCount(set.corpus.size)} documents, ${formatCount(queries)} queries${more}`,
    );
    const by = model === null ? "no model" : `${model.name} ${model.dtype ?? ""}`.trim();
    print(`${by}, mode ${mode}${rerank === undefined ? "" : `, reranked by ${rerank}`}`);
    if (truncated > 0) {
      print(
        `${formatCount(truncated)} texts are longer than the model reads: only their beginning counts (--long-text chunk reads all).`,
      );
    }
    print();
    printFigures(metrics);
    printMinimums(reached);
  }
  requireMinimums(reached);
}

/** Besides the usual k, those that minimums name. */
function evaluatorOf(set: BeirSet, { min }: EvaluateFlags): InformationRetrievalEvaluator {
  const named = min.map(({ metric }) => plainMetric(metric).split("@"));
  const ks = (usual: readonly number[], ...metrics: string[]) => {
    const wanted = named.filter(([metric = ""]) => metrics.includes(metric));
    return [...new Set([...usual, ...wanted.map(([, k]) => Number(k))])].sort((a, b) => a - b);
  };
  return new InformationRetrievalEvaluator({
    queries: set.queries,
    corpus: set.corpus,
    relevantDocs: set.relevantDocs,
    ndcgAtK: ks([10], "ndcg"),
    mrrAtK: ks([10], "mrr"),
    mapAtK: ks([100], "map"),
    accuracyAtK: ks([1, 3, 5, 10], "accuracy"),
    precisionRecallAtK: ks([1, 3, 5, 10, 100], "precision", "recall"),
  });
}

/** A model alone is asked for vectors; any other search is that of a collection. */
async function run(
  set: BeirSet,
  evaluator: InformationRetrievalEvaluator,
  flags: EvaluateFlags,
  rerank: CrossEncoder | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const { mode = "semantic", candidates, json } = flags;
  const options = { showProgressBar: showsProgress(json), signal };
  const search = {
    ...{ ...options, mode },
    ...(rerank && { rerank }),
    ...(candidates !== undefined && { candidates }),
  };
  const [ids, documents] = [[...set.corpus.keys()], [...set.corpus.values()]];
  if (mode === "keyword") {
    return withCollection(null, async (collection) => {
      // Words need no vectors, but records have one.
      const embeddings = Matrix.from(ids.map(() => [1]));
      await collection.add({ ids, documents, embeddings });
      const evaluation = await evaluator.evaluate(collection, search);
      return { evaluation, model: null, truncated: 0 };
    });
  }
  return withModel(flags, async (model) => {
    const { name, dtype } = model;
    const found = { name, dtype };
    if (mode === "semantic" && rerank === undefined) {
      const evaluation = await evaluator.evaluate(model, options);
      return { evaluation, model: found, truncated: evaluation.truncated };
    }
    return withCollection(model, async (collection) => {
      const { truncated } = await collection.add({ ids, documents }, options);
      const evaluation = await evaluator.evaluate(collection, search);
      return { evaluation, model: found, truncated };
    });
  });
}

type Collection = Awaited<ReturnType<EphemeralClient["createCollection"]>>;
type EmbeddingFunction = Parameters<EphemeralClient["createCollection"]>[0]["embeddingFunction"];

async function withCollection<T>(
  embeddingFunction: EmbeddingFunction,
  work: (collection: Collection) => Promise<T>,
): Promise<T> {
  const client = new EphemeralClient();
  try {
    return await work(await client.createCollection({ name: "evaluated", embeddingFunction }));
  } finally {
    await client.close();
  }
}

/** One row a metric, one column a k. */
function printFigures(metrics: Readonly<Record<string, number>>): void {
  const cells = Object.entries(metrics).map(([key, value]) => {
    const [metric = "", k] = plainMetric(key).split("@");
    return { metric, k: Number(k), value };
  });
  const ks = [...new Set(cells.map(({ k }) => k))].sort((a, b) => a - b);
  const names = METRICS.map((name) => name.slice(0, -1));
  printTable(
    ["", ...ks.map((k) => `@${k}`)],
    names.map((name) => [
      name,
      ...ks.map((k) => {
        const cell = cells.find((one) => one.metric === name && one.k === k);
        return cell === undefined ? "" : formatScore(cell.value);
      }),
    ]),
  );
}

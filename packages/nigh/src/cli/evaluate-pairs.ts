import pc from "picocolors";
import {
  BinaryClassificationEvaluator,
  EmbeddingSimilarityEvaluator,
  type JudgedPairs,
  judgePairs,
  type LabelledPair,
  readLabelledPairs,
  readStsPairs,
} from "../index.js";
import type { EvaluateFlags } from "./evaluate-command.js";
import { checkMinimums, reachMinimums, requireMinimums } from "./evaluation-minimum.js";
import { formatCount, formatScore, print, printJson, printTable, shorten } from "./print.js";
import { printMinimums } from "./print-minimums.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { type CommandModel, showsProgress, withModel } from "./with-model.js";

const UNCHANGED = "Nothing was changed.";

/** `nigh evaluate --sts`. */
export async function evaluateSts(file: string, flags: EvaluateFlags): Promise<void> {
  const { min, json } = flags;
  checkMinimums(min, ["spearman", "pearson"]);
  const pairs = await readStsPairs(file);
  const evaluator = new EmbeddingSimilarityEvaluator(pairs);
  const { name, dtype, evaluation } = await stopOnInterrupt(UNCHANGED, (signal) =>
    withModel(flags, async (model) => ({
      ...identityOf(model),
      evaluation: await evaluator.evaluate(model, {
        showProgressBar: showsProgress(json),
        signal,
      }),
    })),
  );
  const { metrics, primaryMetric } = evaluation;
  const reached = reachMinimums(min, metrics);
  if (json) {
    printJson({
      ...{ data: file, pairs: pairs.scores.length, model: name, dtype },
      ...{ metrics, primaryMetric, minimums: reached },
    });
  } else {
    print(`${file}: ${formatCount(pairs.scores.length)} pairs, ${named(name, dtype)}`);
    print();
    printTable(
      ["figure", "value"],
      Object.entries(metrics).map(([key, value]) => [key, formatScore(value)]),
    );
    printMinimums(reached);
  }
  requireMinimums(reached);
}

/** `nigh evaluate --pairs`. */
export async function evaluatePairs(file: string, flags: EvaluateFlags): Promise<void> {
  const { min, json, threshold } = flags;
  checkMinimums(min, ["accuracy", "f1", "precision", "recall", "ap", "mcc"]);
  const pairs = await readLabelledPairs(file);
  const { name, dtype, judged } = await stopOnInterrupt(UNCHANGED, (signal) =>
    withModel(flags, async (model) => ({
      ...identityOf(model),
      judged: await judgePairs(model, pairs, {
        ...(threshold !== undefined && { threshold }),
        ...{ showProgressBar: showsProgress(json), signal },
      }),
    })),
  );
  const metrics = { accuracy: judged.accuracy, ...(await bestFigures(pairs, judged)) };
  const reached = reachMinimums(min, metrics);
  if (json) {
    printJson({
      ...{ data: file, model: name, dtype, threshold: judged.threshold },
      ...{ metrics, pairs: judged.pairs, minimums: reached },
    });
  } else {
    printJudged(judged, named(name, dtype));
    printBest(metrics);
    printMinimums(reached);
  }
  requireMinimums(reached);
}

/** Those at the thresholds that are best for these pairs; none where all have the same label. */
async function bestFigures(
  pairs: readonly LabelledPair[],
  { pairs: judged }: JudgedPairs,
): Promise<Readonly<Record<string, number>>> {
  const labels = pairs.map(({ label }) => label);
  if (!labels.includes(0) || !labels.includes(1)) return {};
  const evaluator = new BinaryClassificationEvaluator({
    sentences1: pairs.map(({ sentence1 }) => sentence1),
    sentences2: pairs.map(({ sentence2 }) => sentence2),
    labels,
  });
  const scores = judged.map(({ score }) => score);
  const { metrics } = await evaluator.evaluate({ predict: async () => scores });
  return Object.fromEntries(
    Object.entries(metrics).map(([key, value]) => [
      key.startsWith("accuracy") ? `best_${key}` : key,
      value,
    ]),
  );
}

function printJudged({ pairs, accuracy, threshold }: JudgedPairs, model: string): void {
  printTable(
    ["", "score", "label", "sentence1", "sentence2"],
    pairs.map(({ correct, score, label, sentence1, sentence2 }) => [
      correct ? pc.green("correct") : pc.red("WRONG"),
      formatScore(score).padStart(7),
      label,
      shorten(sentence1, 40),
      shorten(sentence2, 40),
    ]),
  );
  print();
  const right = pairs.filter(({ correct }) => correct).length;
  print(
    `accuracy ${formatScore(accuracy)} (${right} of ${pairs.length}) at threshold ${threshold}, ${model}`,
  );
}

function printBest(metrics: Readonly<Record<string, number>>): void {
  const of = (key: string) => formatScore(metrics[key] as number);
  if (metrics.f1 === undefined) {
    print("All pairs have the same label, so no threshold can be found by them.");
    return;
  }
  print(
    `best for these pairs: accuracy ${of("best_accuracy")} from ${of("best_accuracy_threshold")} on, F1 ${of("f1")} from ${of("f1_threshold")} on (precision ${of("precision")}, recall ${of("recall")}); average precision ${of("ap")}`,
  );
}

function identityOf({ name, dtype }: CommandModel) {
  return { name, dtype: dtype ?? null };
}

function named(name: string, dtype: string | null): string {
  return dtype === null ? name : `${name} ${dtype}`;
}

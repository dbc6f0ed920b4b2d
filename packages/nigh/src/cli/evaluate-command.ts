import { Command, Option } from "commander";
import { NighError, type SearchMode } from "../index.js";
import { evaluateBeir } from "./evaluate-beir.js";
import { evaluatePairs, evaluateSts } from "./evaluate-pairs.js";
import { collectMinimum, type Minimum } from "./evaluation-minimum.js";
import {
  finiteNumber,
  jsonOption,
  type ModelFlags,
  modelOptions,
  positiveInteger,
} from "./options.js";

export interface EvaluateFlags extends ModelFlags {
  beir?: string;
  sts?: string;
  pairs?: string;
  split?: string;
  mode?: SearchMode;
  rerank?: string;
  candidates?: number;
  threshold?: number;
  min: readonly Minimum[];
  json: boolean;
}

/** Flags that only one kind of data takes. */
const ONLY = [
  ["split", "beir"],
  ["mode", "beir"],
  ["rerank", "beir"],
  ["candidates", "beir"],
  ["threshold", "pairs"],
] as const;

export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description("Measure how good a model or a search is, on judged data.")
    .option("--beir <folder>", "queries, documents and judgments in BEIR's layout")
    .option("--sts <file>", "CSV or JSONL of sentence1, sentence2, score: how alike they are")
    .option("--pairs <file>", "CSV or JSONL of sentence1, sentence2, label: 1 or 0")
    .option("--split <name>", "of --beir: which judgments, qrels/NAME.tsv (default: test)")
    .addOption(
      new Option(
        "--mode <mode>",
        "of --beir: by meaning, by words, or by both (default: semantic)",
      ).choices(["semantic", "keyword", "hybrid"]),
    )
    .option("--rerank <model>", "of --beir: order the best anew by a cross-encoder")
    .option("--candidates <n>", "of --rerank: how many of the best (default: 50)", positiveInteger)
    .option(
      "--threshold <x>",
      "of --pairs: from which similarity on they belong together (default: 0.5)",
      finiteNumber,
    )
    .option(
      "--min <metric=number>",
      "fail, with exit code 1, where a figure is lower, e.g. ndcg@10=0.6; again for more",
      collectMinimum,
      [],
    )
    .addOption(jsonOption());
  for (const option of modelOptions()) command.addOption(option);
  return command.action(async (flags: EvaluateFlags) => {
    const kind = kindOf(flags);
    if (kind === "beir") await evaluateBeir(flags.beir as string, flags);
    else if (kind === "sts") await evaluateSts(flags.sts as string, flags);
    else await evaluatePairs(flags.pairs as string, flags);
  });
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for no data or several, and for flags of other data. */
function kindOf(flags: EvaluateFlags): "beir" | "sts" | "pairs" {
  const kinds = (["beir", "sts", "pairs"] as const).filter((kind) => flags[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const found = kinds.length === 0 ? "none" : kinds.map((name) => `--${name}`).join(" and ");
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `Found ${found}, expected one of --beir FOLDER, --sts FILE and --pairs FILE.`,
    );
  }
  for (const [flag, of] of ONLY) {
    if (flags[flag] === undefined || of === kind) continue;
    throw new NighError("ERR_INVALID_ARGUMENT", `--${flag} is for --${of}, not for --${kind}.`);
  }
  if (flags.candidates !== undefined && flags.rerank === undefined) {
    throw new NighError("ERR_INVALID_ARGUMENT", "--candidates is for --rerank: name a model.");
  }
  return kind;
}

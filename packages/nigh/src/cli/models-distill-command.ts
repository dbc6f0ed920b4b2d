import { Command } from "commander";
import pc from "picocolors";
import { type DistillOptions, distill } from "../index.js";
import { jsonOption, positiveInteger } from "./options.js";
import { formatCount, print, printJson } from "./print.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress } from "./with-model.js";

interface DistillFlags extends Pick<DistillOptions, "dimensions" | "threads"> {
  out: string;
  json: boolean;
}

export function modelsDistillCommand(): Command {
  return new Command("distill")
    .description(
      "Make a static model of a model: hundreds of times as fast, less exact, good as a first stage.",
    )
    .argument("<model>", "name of a known model, or a model folder")
    .requiredOption("--out <folder>", "where the static model is written")
    .option("--dimensions <n>", "length of its vectors (default: 256)", positiveInteger)
    .option("--threads <n>", "cores to use (default: all)", positiveInteger)
    .addOption(jsonOption())
    .action(async (name: string, { out, json, ...options }: DistillFlags) => {
      const made = await stopOnInterrupt("Nothing was written.", (signal) =>
        distill(name, out, { ...options, signal, showProgressBar: showsProgress(json) }),
      );
      if (json) return printJson(made);
      const { agreement, tokens, dimension, teacher, varianceKept } = made;
      print(
        `${pc.green("done")} ${out}: ${formatCount(tokens)} tokens of ${dimension} dimensions, which keep ${(100 * varianceKept).toFixed(1)}% of the variance.`,
      );
      print(
        `Agreement with ${teacher} which sentences are alike: Spearman ${agreement.spearman.toFixed(3)} over ${formatCount(agreement.pairs)} pairs of ${agreement.sentences} sentences of nigh's own (1 is full agreement; this is no benchmark).`,
      );
    });
}

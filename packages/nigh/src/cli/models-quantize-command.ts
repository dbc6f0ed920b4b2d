import { Command } from "commander";
import pc from "picocolors";
import { quantizeModel } from "../index.js";
import { formatBytes } from "../shared/format-bytes.js";
import { jsonOption } from "./options.js";
import { print, printJson } from "./print.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";

export function modelsQuantizeCommand(): Command {
  return new Command("quantize")
    .description(
      "Calibrate a model for int8 once and write a folder with its int8 weights: smaller, and loaded faster.",
    )
    .argument("<model>", "name of a model, or a model folder")
    .requiredOption("--output <folder>", "where the quantized model is written")
    .addOption(jsonOption())
    .action(async (name: string, { output, json }: { output: string; json: boolean }) => {
      const made = await stopOnInterrupt("Nothing was written.", (signal) =>
        quantizeModel(name, output, { signal }),
      );
      if (json) return printJson(made);
      print(
        `${pc.green("done")} ${output}: ${made.source} in int8, ${formatBytes(made.bytes)}. Load it by its path; what it gives is what ${made.source} gives with --dtype int8.`,
      );
    });
}

import { Command } from "commander";
import pc from "picocolors";
import { type Classified, classify } from "../index.js";
import { finiteNumber, jsonOption, type ModelFlags, modelOptions } from "./options.js";
import { formatCount, formatScore, print, printJson, printTable, shorten } from "./print.js";
import { readTexts, textFieldOption } from "./read-texts.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress, withModel } from "./with-model.js";
import { csvText, writeOutput } from "./write-output.js";
import { wrongUse } from "./wrong-use.js";

interface ClassifyFlags extends ModelFlags {
  labels: string;
  template?: string;
  threshold?: number;
  textField?: string;
  csv?: string;
  json: boolean;
}

export function classifyCommand(): Command {
  const command = new Command("classify")
    .description("Give each text the label nearest in meaning, without training (zero-shot).")
    .argument("<file>", "texts: one a line, .jsonl, .csv or .tsv (- is stdin)")
    .requiredOption("--labels <a,b,c>", "labels, separated by commas")
    .option("--template <text>", 'what is encoded for a label, e.g. "This text is about {}."')
    .option("--threshold <x>", "no label below this cosine similarity, -1 to 1", finiteNumber)
    .addOption(textFieldOption())
    .option("--csv <file>", "write id, label, score and text of each text to a file")
    .addOption(jsonOption());
  for (const option of modelOptions()) command.addOption(option);
  return command.action(async (file: string, flags: ClassifyFlags) => {
    const labels = flags.labels.split(",").map((label) => label.trim());
    if (labels.some((label) => label === "")) {
      throw wrongUse(`Found the labels "${flags.labels}", expected names between the commas.`);
    }
    const { ids, texts } = await readTexts(file, flags.textField);
    const found = await stopOnInterrupt("Nothing was written.", (signal) =>
      withModel(flags, (model) =>
        classify(texts, labels, model, {
          template: flags.template,
          threshold: flags.threshold,
          showProgressBar: showsProgress(flags.json),
          signal,
        }),
      ),
    );
    const rows = found.map(({ label, score }, i) => ({ id: ids[i], label, score, text: texts[i] }));
    if (flags.csv !== undefined) {
      const lines = rows.map(({ id = "", label, score, text = "" }) => [
        ...[id, label, score, text],
      ]);
      await writeOutput(flags.csv, csvText(["id", "label", "score", "text"], lines));
    }
    if (flags.json) {
      printJson({
        labels,
        texts: found.map((one, i) => ({ id: ids[i], text: texts[i], ...one })),
      });
      return;
    }
    printTable(
      ["label", "score", "text"],
      rows.map(({ label, score, text = "" }) => [
        label ?? pc.dim("none"),
        formatScore(score),
        shorten(text, 80),
      ]),
    );
    printCounts(labels, found);
    if (flags.csv !== undefined) print(`Written: ${flags.csv}`);
  });
}

function printCounts(labels: readonly string[], found: readonly Classified[]): void {
  const counts = [...labels, null].map((label) => {
    const count = found.filter((one) => one.label === label).length;
    return label === null && count === 0 ? [] : [`${label ?? "none"} ${formatCount(count)}`];
  });
  print(`${pc.green("done")} ${formatCount(found.length)} texts: ${counts.flat().join(", ")}`);
}

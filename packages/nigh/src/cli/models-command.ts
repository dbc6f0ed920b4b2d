import { Command } from "commander";
import { models } from "../index.js";
import { jsonOption } from "./options.js";
import { print, printJson, printTable } from "./print.js";

export function modelsCommand(): Command {
  return new Command("models")
    .description("List the models that are known by name.")
    .addOption(jsonOption())
    .action(({ json }: { json: boolean }) => {
      if (json) return printJson(models());
      printTable(
        [
          "name",
          "dimensions",
          "parameters",
          "tokens",
          "sentences/s",
          "STS-B",
          "languages",
          "licence",
          "note",
        ],
        models().map((model) => [
          model.name,
          model.dimension,
          `${model.parametersMillions} M`,
          model.maxSeqLength,
          model.sentencesPerSecond,
          model.stsBenchmark,
          model.languages,
          model.license,
          model.note,
        ]),
      );
      print();
      print("A folder that sentence-transformers saved (BERT) works too: --model ./my-model");
    });
}

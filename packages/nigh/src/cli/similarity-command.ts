import { Command } from "commander";
import { NighError } from "../index.js";
import { jsonOption, type ModelFlags, modelOptions } from "./options.js";
import { formatScore, print, printJson } from "./print.js";
import { printSimilarity } from "./print-similarity.js";
import { withModel } from "./with-model.js";

export function similarityCommand(): Command {
  const command = new Command("similarity")
    .description("Cosine similarity of texts: two give a number, more a table.")
    .argument("<texts...>", "two or more texts")
    .addOption(jsonOption());
  for (const option of modelOptions()) command.addOption(option);
  return command.action(async (texts: string[], flags: ModelFlags & { json: boolean }) => {
    if (texts.length < 2) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        'Found one text, expected two or more: nigh similarity "a cat" "a kitten".',
      );
    }
    await withModel(flags, async (model) => {
      const vectors = await model.encode(texts);
      const scores = model.similarity(vectors, vectors);
      if (flags.json) printJson({ model: model.name, texts, similarity: scores.toArray() });
      else if (texts.length === 2) print(formatScore(scores.row(0)[1] as number));
      else printSimilarity(texts, scores);
    });
  });
}

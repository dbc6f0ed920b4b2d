import { Command } from "commander";
import { type Matrix, NighError } from "../index.js";
import { jsonOption, type ModelFlags, modelOptions } from "./options.js";
import { print, printJsonList, printTable, shorten } from "./print.js";
import { readLines } from "./read-lines.js";
import { showsProgress, withModel } from "./with-model.js";

interface EncodeFlags extends ModelFlags {
  file?: string;
  json: boolean;
}

/** Numbers of a vector that a person is shown. */
const SHOWN = 6;

export function encodeCommand(): Command {
  const command = new Command("encode")
    .description("Turn texts into vectors: arguments, the lines of a file, or those of stdin.")
    .argument("[texts...]", "texts to encode")
    .option("--file <path>", "read texts from a file, one a line (- is stdin)")
    .addOption(jsonOption());
  for (const option of modelOptions()) command.addOption(option);
  return command.action(async (given: string[], flags: EncodeFlags) => {
    const texts = await textsOf(given, flags.file);
    await withModel(flags, async (model) => {
      let truncated = 0;
      let windows = texts.length;
      const vectors = await model.encode(texts, {
        showProgressBar: showsProgress(flags.json),
        onProgress: (progress) => {
          ({ truncated, windows } = progress);
        },
      });
      if (flags.json) {
        const { name, dtype, dimension } = model;
        await printJsonList(
          { model: name, dtype, dimension, truncated, windows, texts },
          "vectors",
          lists(vectors),
        );
        return;
      }
      printTable(
        ["text", `first ${SHOWN} of ${model.dimension} numbers (--json gives all)`],
        texts.map((text, i) => [
          shorten(text, 50),
          [...vectors.row(i).subarray(0, SHOWN)].map((x) => x.toFixed(4).padStart(7)).join(" "),
        ]),
      );
      if (windows > texts.length) print(`The texts were read in ${windows} windows.`);
      if (truncated > 0)
        print(
          `${truncated} of ${texts.length} texts are longer than ${model.maxSeqLength} tokens: only their beginning counts.`,
        );
    });
  });
}

async function textsOf(given: string[], file: string | undefined): Promise<string[]> {
  if (given.length > 0 && file !== undefined) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      "Found texts and --file, expected one of them: put all texts into the file, or leave it out.",
    );
  }
  const fromTerminal = (file ?? "-") === "-" && process.stdin.isTTY;
  const texts = given.length > 0 || fromTerminal ? given : await readLines(file ?? "-");
  if (texts.length > 0) return texts;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    'No text was given: nigh encode "a text", --file PATH, or pipe lines into it.',
  );
}

function* lists(vectors: Matrix): Generator<number[]> {
  for (const vector of vectors) yield Array.from(vector);
}

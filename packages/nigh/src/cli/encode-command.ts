import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { Command } from "commander";
import { NighError } from "../index.js";
import { messageOf } from "../shared/errors.js";
import { jsonOption, type ModelFlags, modelOptions } from "./options.js";
import { print, printJson, printTable, shorten } from "./print.js";
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
    const texts = given.length > 0 ? given : await readLines(flags.file ?? "-");
    await withModel(flags, async (model) => {
      let truncated = 0;
      const vectors = await model.encode(texts, {
        showProgressBar: showsProgress(flags.json),
        onProgress: (progress) => {
          truncated = progress.truncated;
        },
      });
      if (flags.json) {
        printJson({
          model: model.name,
          dtype: model.dtype,
          dimension: model.dimension,
          truncated,
          texts,
          vectors: vectors.toArray(),
        });
        return;
      }
      printTable(
        ["text", `first ${SHOWN} of ${model.dimension} numbers (--json gives all)`],
        texts.map((text, i) => [
          shorten(text, 50),
          [...vectors.row(i).subarray(0, SHOWN)].map((x) => x.toFixed(4).padStart(7)).join(" "),
        ]),
      );
      if (truncated > 0)
        print(
          `${truncated} of ${texts.length} texts are longer than ${model.maxSeqLength} tokens: only their beginning counts.`,
        );
    });
  });
}

async function readLines(path: string): Promise<string[]> {
  if (path === "-" && process.stdin.isTTY) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      'No text was given: nigh encode "a text", --file PATH, or pipe lines into it.',
    );
  }
  const content = await (path === "-" ? readAll(process.stdin) : readFile(path, "utf8")).catch(
    (error: unknown) => {
      throw new NighError("ERR_FILE", `${path} cannot be read: ${messageOf(error)}.`, {
        cause: error,
      });
    },
  );
  const lines = content.split(/\r?\n/u);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

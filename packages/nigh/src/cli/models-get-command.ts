import { Command } from "commander";
import pc from "picocolors";
import { downloadModel } from "../index.js";
import { formatBytes } from "../shared/format-bytes.js";
import { withDownloadBar } from "./download-bar.js";
import { jsonOption } from "./options.js";
import { print, printJson } from "./print.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress } from "./with-model.js";

export function modelsGetCommand(): Command {
  return new Command("get")
    .description("Download a model from the Hugging Face Hub, or what is new of it.")
    .argument("<name>", 'name on the Hub, such as "BAAI/bge-small-en-v1.5"')
    .option("--revision <revision>", "branch, tag or commit (default: main)")
    .addOption(jsonOption())
    .action(async (name: string, { revision, json }: { revision?: string; json: boolean }) => {
      const model = await stopOnInterrupt(
        "What was downloaded is kept: the same command goes on from there.",
        (signal) =>
          withDownloadBar(name, showsProgress(json), (onProgress) =>
            downloadModel(name, {
              signal,
              ...(onProgress === undefined ? {} : { onProgress }),
              ...(revision === undefined ? {} : { revision }),
            }),
          ),
      );
      if (json) return printJson(model);
      print(
        `${pc.green("done")} ${model.name} ${model.commit.slice(0, 8)}: ${model.files.length} files, ${formatBytes(model.bytes)}, in ${model.folder}`,
      );
    });
}

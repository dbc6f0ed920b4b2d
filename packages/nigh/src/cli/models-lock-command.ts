import { Command } from "commander";
import pc from "picocolors";
import { lockModels } from "../index.js";
import { withDownloadBar } from "./download-bar.js";
import { jsonOption } from "./options.js";
import { print, printJson } from "./print.js";
import { showsProgress } from "./with-model.js";

interface LockFlags {
  file: string;
  revision?: string;
  json: boolean;
}

export function modelsLockCommand(): Command {
  return new Command("lock")
    .description("Write a lockfile of commits and checksums, which every load in its folder obeys.")
    .argument("[names...]", "models or folders to add (default: all models of the cache, anew)")
    .option("--file <path>", "lockfile", "nigh-models.lock")
    .option("--revision <revision>", "branch, tag or commit (default: main)")
    .addOption(jsonOption())
    .action(async (names: string[], { file, revision, json }: LockFlags) => {
      const locked = await withDownloadBar(names.join(", "), showsProgress(json), (onProgress) =>
        lockModels(names, {
          file,
          ...(onProgress === undefined ? {} : { onProgress }),
          ...(revision === undefined ? {} : { revision }),
        }),
      );
      if (json) return printJson(locked);
      for (const [name, model] of Object.entries(locked.models)) {
        print(`${name} ${model.revision?.slice(0, 8) ?? "folder"}: ${model.files.length} files`);
      }
      print(`${pc.green("done")} ${locked.file}`);
    });
}

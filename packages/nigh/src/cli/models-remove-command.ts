import { Command } from "commander";
import pc from "picocolors";
import { removeModel } from "../index.js";
import { jsonOption } from "./options.js";
import { print, printJson } from "./print.js";

export function modelsRemoveCommand(): Command {
  return new Command("remove")
    .description("Remove a model from the cache, which Python's programs use as well.")
    .argument("<name>", "model in the cache")
    .addOption(jsonOption())
    .action(async (name: string, { json }: { json: boolean }) => {
      const removed = await removeModel(name);
      if (json) return printJson(removed);
      print(`${pc.green("done")} ${name} is removed: ${removed.folder}`);
    });
}

import { Command } from "commander";
import { modelsDistillCommand } from "./models-distill-command.js";
import { modelsGetCommand } from "./models-get-command.js";
import { modelsListCommand } from "./models-list-command.js";
import { modelsLockCommand } from "./models-lock-command.js";
import { modelsQuantizeCommand } from "./models-quantize-command.js";
import { modelsRemoveCommand } from "./models-remove-command.js";
import { modelsVerifyCommand } from "./models-verify-command.js";

export function modelsCommand(): Command {
  const command = new Command("models").description(
    "Models: list what is known and downloaded; get, verify, remove and lock those of the Hugging Face Hub; distill static ones; quantize.",
  );
  command.addHelpText("after", "\nWithout a command it lists. Each takes --json, for programs.");
  command.addCommand(modelsListCommand(), { isDefault: true });
  for (const subcommand of [
    modelsGetCommand(),
    modelsVerifyCommand(),
    modelsRemoveCommand(),
    modelsLockCommand(),
    modelsDistillCommand(),
    modelsQuantizeCommand(),
  ]) {
    command.addCommand(subcommand);
  }
  for (const subcommand of command.commands) subcommand.exitOverride();
  return command;
}

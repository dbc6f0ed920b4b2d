/** `npm run bench -- SUBJECT`: measures one subject; without a subject, lists them. */
import { Command } from "commander";
import { analysisCommand } from "./analysis.js";
import { collectionsCommand } from "./collections.js";
import { encodeCommand } from "./encode.js";
import { firstSearchCommand } from "./first-search.js";
import { hybridCommand } from "./hybrid.js";
import { indexesCommand } from "./indexes.js";
import { longTextCommand } from "./long-text.js";
import { precisionCommand } from "./precision.js";
import { qualityCommand } from "./quality.js";
import { serveCommand } from "./serve.js";

const program = new Command("npm run bench --")
  .description("Measures the speed and quality of nigh.")
  .addCommand(encodeCommand())
  .addCommand(firstSearchCommand())
  .addCommand(indexesCommand())
  .addCommand(collectionsCommand())
  .addCommand(analysisCommand())
  .addCommand(hybridCommand())
  .addCommand(precisionCommand())
  .addCommand(serveCommand())
  .addCommand(qualityCommand())
  .addCommand(longTextCommand());

const args = process.argv.slice(2);
if (args.length === 0) {
  program.outputHelp();
} else {
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import pc from "picocolors";
import { messageOf, NighError } from "../shared/errors.js";
import { benchCommand } from "./bench-command.js";
import { calibrateCommand } from "./calibrate-command.js";
import { classifyCommand } from "./classify-command.js";
import { clusterCommand } from "./cluster-command.js";
import { collectionsCommand } from "./collections-command.js";
import { demoCommand } from "./demo-command.js";
import { doctorCommand } from "./doctor-command.js";
import { duplicatesCommand } from "./duplicates-command.js";
import { encodeCommand } from "./encode-command.js";
import { evaluateCommand } from "./evaluate-command.js";
import { exportCommand } from "./export-command.js";
import { importCommand } from "./import-command.js";
import { indexCommand } from "./index-command.js";
import { modelsCommand } from "./models-command.js";
import { searchCommand } from "./search-command.js";
import { serveCommand } from "./serve-command.js";
import { similarityCommand } from "./similarity-command.js";

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;

/** Codes that mean the command line was wrong, not the work. */
const WRONG_USE = ["ERR_INVALID_ARGUMENT", "ERR_INVALID_FILTER", "ERR_UNKNOWN_OPTION"];

/**
 * Runs the `nigh` command.
 *
 * @param args what follows the command's name.
 * @returns the exit code: 0 done, 1 failed, 2 wrong use.
 */
export async function runMain(args: readonly string[]): Promise<number> {
  // A reader that closes early (`nigh search … | head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_DONE);
    throw error;
  });
  try {
    await program().parseAsync(args, { from: "user" });
    return EXIT_DONE;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_WRONG_USE;
    if (!(error instanceof NighError)) {
      process.stderr.write(
        `${pc.red("error")} ${error instanceof Error ? error.stack : messageOf(error)}\n`,
      );
      return EXIT_FAILED;
    }
    process.stderr.write(`${pc.red("error")} ${error.message} ${pc.dim(`[${error.code}]`)}\n`);
    return WRONG_USE.includes(error.code) ? EXIT_WRONG_USE : EXIT_FAILED;
  }
}

function program(): Command {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  const root = new Command("nigh")
    .description("Search by meaning, in this process, offline.")
    .version(version)
    .showHelpAfterError("(nigh --help tells more)");
  for (const command of [
    demoCommand(),
    modelsCommand(),
    encodeCommand(),
    similarityCommand(),
    indexCommand(),
    searchCommand(),
    clusterCommand(),
    classifyCommand(),
    duplicatesCommand(),
    collectionsCommand(),
    exportCommand(),
    importCommand(),
    serveCommand(),
    doctorCommand(),
    evaluateCommand(),
    calibrateCommand(),
    benchCommand(),
  ]) {
    root.addCommand(command);
  }
  for (const command of [root, ...root.commands]) command.exitOverride();
  return root;
}

import { Command } from "commander";
import pc from "picocolors";
import { nearDuplicates } from "../index.js";
import { addCorpus, type CorpusFlags, printTruncated, readCorpus, shownText } from "./corpus.js";
import { finiteNumber, jsonOption, positiveInteger } from "./options.js";
import { formatCount, formatScore, print, printJson, printTable, shorten } from "./print.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress } from "./with-model.js";
import { csvText, writeOutput } from "./write-output.js";

interface DuplicatesFlags extends CorpusFlags {
  threshold: number;
  k: number;
  csv?: string;
}

export function duplicatesCommand(): Command {
  const command = addCorpus(
    new Command("duplicates").description("Find texts that say again what an earlier one says."),
  )
    .option(
      "--threshold <x>",
      "cosine similarity from which on a text is a near-duplicate, -1 to 1",
      finiteNumber,
      0.95,
    )
    .option("-k <n>", "most that are shown, the most alike first", positiveInteger, 20)
    .option("--csv <file>", "write all of them to a file")
    .addOption(jsonOption());
  return command.action(async (file: string | undefined, flags: DuplicatesFlags) => {
    await stopOnInterrupt("Nothing was written.", async (signal) => {
      const corpus = await readCorpus(file, flags, command, signal);
      const { ids, vectors, source } = corpus;
      const { threshold } = flags;
      const work = { showProgressBar: showsProgress(flags.json), signal };
      const { kept, duplicates } = await nearDuplicates(vectors, { threshold, ...work });
      const text = (row: number) => shownText(corpus, row);
      const best = duplicates.toSorted((a, b) => b.score - a.score || a.index - b.index);
      if (flags.csv !== undefined) {
        const rows = best.map(({ index, of, score }) => [
          ...[ids[index] ?? "", ids[of] ?? "", score, text(index), text(of)],
        ]);
        const head = ["id", "duplicate_of", "score", "text", "text_of_original"];
        await writeOutput(flags.csv, csvText(head, rows));
      }
      if (flags.json) {
        printJson({
          source,
          threshold,
          texts: ids.length,
          kept: kept.map((row) => ids[row]),
          duplicates: best.map(({ index, of, score }) => ({
            id: ids[index],
            of: ids[of],
            score,
            text: text(index),
            textOfOriginal: text(of),
          })),
        });
        return;
      }
      if (best.length > 0) {
        printTable(
          ["score", "id", "text", "says what says", ""],
          best
            .slice(0, flags.k)
            .map(({ index, of, score }) => [
              formatScore(score),
              shorten(ids[index] ?? "", 24),
              shorten(text(index), 48),
              shorten(ids[of] ?? "", 24),
              shorten(text(of), 48),
            ]),
        );
      }
      if (best.length > flags.k) {
        print(pc.dim(`… and ${formatCount(best.length - flags.k)} more: -k, --csv or --json`));
      }
      print(
        `${pc.green("done")} ${formatCount(ids.length)} texts of ${source}: ${formatCount(kept.length)} to keep, ${formatCount(best.length)} near-duplicates of these (similarity of ${threshold} or more)`,
      );
      printTruncated(corpus);
      if (flags.csv !== undefined) print(`Written: ${flags.csv}`);
    });
  });
}

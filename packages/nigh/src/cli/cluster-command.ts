import { Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { type ClusterDescription, describeClusters, principalComponents } from "../index.js";
import { checkMethod, clusterBy, type Found, METHODS, type MethodFlags } from "./cluster-method.js";
import { clusterPlot } from "./cluster-plot.js";
import {
  addCorpus,
  type Corpus,
  type CorpusFlags,
  printTruncated,
  readCorpus,
  shownText,
} from "./corpus.js";
import { finiteNumber, jsonOption, positiveInteger } from "./options.js";
import { formatCount, print, printJson, printTable, shorten } from "./print.js";
import { stopOnInterrupt } from "./stop-on-interrupt.js";
import { showsProgress } from "./with-model.js";
import { csvText, writeOutput } from "./write-output.js";

interface ClusterFlags extends CorpusFlags, MethodFlags {
  words: number;
  csv?: string;
  plot?: string;
}

export function clusterCommand(): Command {
  const command = addCorpus(
    new Command("cluster").description(
      "Find the topics of texts: clusters with their words and most central text.",
    ),
  )
    .addOption(
      new Option("--method <method>", "how clusters are found").choices(METHODS).default("kmeans"),
    )
    .option(
      "-k <n>",
      "kmeans, hierarchical: how many clusters (default: auto, by silhouette)",
      countOrAuto,
    )
    .option(
      "--threshold <x>",
      "community: cosine from which on texts are close (default: 0.75); hierarchical: distance at which clusters stay apart",
      finiteNumber,
    )
    .option(
      "--min-size <n>",
      "community, hdbscan: smallest cluster (default: 10, 5)",
      positiveInteger,
    )
    .addOption(
      new Option(
        "--linkage <linkage>",
        "hierarchical: distance of clusters (default: ward)",
      ).choices([...["ward", "complete", "average"]]),
    )
    .option("--words <n>", "most words of each cluster", positiveInteger, 5)
    .option("--csv <file>", "write id, cluster and text of each text to a file")
    .option("--plot <file>", "draw the texts in the plane, as SVG")
    .addOption(jsonOption());
  return command.action(async (file: string | undefined, flags: ClusterFlags) => {
    checkMethod(flags);
    await stopOnInterrupt("Nothing was written.", async (signal) => {
      const corpus = await readCorpus(file, flags, command, signal);
      const { vectors, texts } = corpus;
      const start = performance.now();
      const work = { showProgressBar: showsProgress(flags.json), signal };
      const found = await clusterBy(vectors, flags, work);
      const seconds = (performance.now() - start) / 1000;
      const clusters = describeClusters(vectors, texts, found.labels, { words: flags.words });
      if (flags.csv !== undefined) await writeOutput(flags.csv, csvOf(corpus, found));
      if (flags.plot !== undefined) await writeOutput(flags.plot, plotOf(corpus, found, clusters));
      if (flags.json) printJson(report(corpus, flags, found, clusters, seconds));
      else printReport(corpus, flags, found, clusters, seconds);
    });
  });
}

function countOrAuto(text: string): number | "auto" {
  if (text === "auto") return text;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError(
    `Found "${text}", expected a whole number of at least 1, or auto.`,
  );
}

function report(
  corpus: Corpus,
  { method }: ClusterFlags,
  { labels, silhouettes }: Found,
  clusters: readonly ClusterDescription[],
  seconds: number,
): object {
  const { source, model, ids, texts, truncated } = corpus;
  return {
    source,
    model,
    method,
    texts: ids.length,
    truncated,
    seconds,
    ...(silhouettes?.length && { silhouettes }),
    unclustered: labels.filter((label) => label < 0).length,
    clusters: clusters.map(({ label, size, words, central, rows }) => ({
      label,
      size,
      words,
      central: { id: ids[central], text: texts[central] },
      ids: rows.map((row) => ids[row]),
    })),
    labels: Array.from(labels),
  };
}

function printReport(
  corpus: Corpus,
  { csv, plot, method }: ClusterFlags,
  { labels, silhouettes }: Found,
  clusters: readonly ClusterDescription[],
  seconds: number,
): void {
  const width = Math.max(20, Math.min(process.stdout.columns ?? 100, 140) - 60);
  printTable(
    ["cluster", "texts", "words", "most central text"],
    clusters.map(({ label, size, words, central }) => [
      label,
      size,
      shorten(words.map(({ word }) => word).join(", "), 42),
      shorten(shownText(corpus, central), width),
    ]),
  );
  const apart = labels.filter((label) => label < 0).length;
  const chosen = silhouettes?.find(({ k }) => k === clusters.length);
  print(
    `${pc.green("done")} ${formatCount(labels.length)} texts of ${corpus.source}, ${formatCount(clusters.length)} clusters${apart > 0 ? `, ${formatCount(apart)} texts in none` : ""}, by ${method} in ${seconds.toFixed(1)} s${chosen ? `; the silhouette is best at k = ${chosen.k}: ${chosen.silhouette.toFixed(3)}` : ""}`,
  );
  printTruncated(corpus);
  for (const path of [csv, plot]) if (path !== undefined) print(`Written: ${path}`);
}

/** An empty cluster is none. */
function csvOf({ ids, texts }: Corpus, { labels }: Found): string {
  return csvText(
    ["id", "cluster", "text"],
    ids.map((id, row) => {
      const label = labels[row] as number;
      return [id, label < 0 ? null : label, texts[row] as string];
    }),
  );
}

function plotOf(
  corpus: Corpus,
  { labels }: Found,
  clusters: readonly ClusterDescription[],
): string {
  const { vectors, source, ids } = corpus;
  const { coordinates, varianceRatio } = principalComponents(vectors);
  return clusterPlot({
    title: `${formatCount(ids.length)} texts of ${source}, ${formatCount(clusters.length)} clusters`,
    coordinates,
    variance: varianceRatio.reduce((sum, share) => sum + share, 0),
    labels,
    clusters,
    texts: (row) => shownText(corpus, row),
  });
}

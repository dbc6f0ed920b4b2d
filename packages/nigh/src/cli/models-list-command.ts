import { Command } from "commander";
import { cachedModels, models } from "../index.js";
import { formatBytes } from "../shared/format-bytes.js";
import { jsonOption } from "./options.js";
import { print, printJson, printTable } from "./print.js";

export function modelsListCommand(): Command {
  return new Command("list")
    .description("List the models that are known by name, and those in the cache.")
    .addOption(jsonOption())
    .action(async ({ json }: { json: boolean }) => {
      const cached = await cachedModels();
      if (json) return printJson(withCache(cached));
      printTable(
        [
          ...["name", "dimensions", "parameters", "tokens", "sentences/s", "STS-B"],
          ...["languages", "licence", "place", "note"],
        ],
        models().map((model) => [
          model.name,
          model.dimension ?? "",
          `${model.parametersMillions} M`,
          model.maxSeqLength,
          model.sentencesPerSecond ?? "",
          model.stsBenchmark ?? "",
          model.languages,
          model.license,
          model.bundled ? "bundled" : isWhole(cached, model.source) ? "cache" : "Hub",
          model.note,
        ]),
      );
      if (cached.length > 0) {
        print();
        printTable(
          ["in the cache", "commit", "revisions", "bytes", ""],
          cached.map(({ name, commit, revisions, bytes, missing }) => [
            name,
            commit.slice(0, 8),
            revisions.join(" "),
            formatBytes(bytes),
            missing.length > 0 ? `not whole (nigh models get ${name})` : "",
          ]),
        );
      }
      print();
      print(
        "Any other sentence-transformers model works too: --model ORGANIZATION/NAME of the Hugging Face Hub, or --model ./FOLDER",
      );
    });
}

type Cached = Awaited<ReturnType<typeof cachedModels>>;

function isWhole(cached: Cached, source: string): boolean {
  return cached.some(({ repository, missing }) => repository === source && missing.length === 0);
}

/** The known models, each with its commits in the cache, and then the others of the cache. */
function withCache(cached: Cached): object[] {
  const known = models();
  const sources = known.map(({ source }) => source);
  return [
    ...known.map((model) => ({
      ...model,
      cached: cached.filter(({ repository }) => repository === model.source),
    })),
    ...[...new Set(cached.map(({ repository }) => repository))]
      .filter((repository) => !sources.includes(repository))
      .map((source) => {
        const own = cached.filter(({ repository }) => repository === source);
        return { name: own[0]?.name, bundled: false, source, cached: own };
      }),
  ];
}

/** `npm run bench -- first-search`: exact search over vectors in memory. */
import { Command } from "commander";
import { IndexFlatIP, SemanticSearch, SentenceTransformer } from "nigh";
import { wholeNumber } from "./flags.js";
import { announceMachine, versionsText } from "./machine.js";
import { sentencesAndParagraphs, shortSentences } from "./sotu-texts.js";
import { type Spread, spread } from "./statistics.js";
import { terminalTable } from "./table.js";

interface FirstSearchFlags {
  readonly texts: number;
  readonly queries: number;
}

const ANSWERS = 10;

export function firstSearchCommand(): Command {
  return new Command("first-search")
    .description("exact search: milliseconds a query, without and with the query's encoding")
    .option("--texts <n>", "passages to search", wholeNumber, 5000)
    .option("--queries <n>", "queries", wholeNumber, 200)
    .action(runFirstSearch);
}

async function runFirstSearch({ texts, queries }: FirstSearchFlags): Promise<void> {
  const machine = announceMachine({ publish: false });
  console.log(versionsText(machine.versions));

  const model = await SentenceTransformer.load("all-MiniLM-L6-v2", { dtype: "int8" });
  console.error(`encoding ${texts} passages and ${queries} queries`);
  const passages = sentencesAndParagraphs(texts);
  const questions = shortSentences(queries);
  const search = new SemanticSearch(model);
  const start = performance.now();
  await search.index(passages);
  const indexSeconds = (performance.now() - start) / 1000;
  const vectors = await model.encode(passages);
  const queryVectors = await model.encode(questions);

  const index = new IndexFlatIP(model.dimension);
  index.add(vectors);
  const scan = await timeEach([...queryVectors], (query) => index.search([query], ANSWERS));
  const whole = await timeEach(questions, (query) => search.search(query, { topK: ANSWERS }));
  await model.close();

  console.log(
    `${texts} passages of ${model.dimension} dimensions indexed in ${indexSeconds.toFixed(1)} s (int8, all cores)`,
  );
  console.log(
    terminalTable({
      head: [`one query, ${ANSWERS} answers`, "ms, median", "min", "max"],
      wordColumns: 1,
      rows: [
        ["IndexFlatIP.search, query given as a vector", ...milliseconds(scan)],
        ["SemanticSearch.search, query given as text", ...milliseconds(whole)],
      ],
    }),
  );
}

/** Times of single calls in milliseconds; a first pass over all items warms up. */
async function timeEach<T>(items: readonly T[], call: (item: T) => unknown): Promise<Spread> {
  for (const item of items) await call(item);
  const times: number[] = [];
  for (const item of items) {
    const start = performance.now();
    await call(item);
    times.push(performance.now() - start);
  }
  return spread(times);
}

function milliseconds({ median, min, max }: Spread): string[] {
  return [median, min, max].map((value) => value.toFixed(2));
}

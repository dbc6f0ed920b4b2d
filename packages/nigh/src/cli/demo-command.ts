import { Command } from "commander";
import pc from "picocolors";
import { NighError, PassageDatabase, SentenceTransformer, type StoredPassage } from "../index.js";
import {
  DEFAULT_MODEL,
  databaseOption,
  jsonOption,
  loadOptions,
  type ModelFlags,
  modelOptions,
  positiveInteger,
} from "./options.js";
import { formatCount, print, printHeading, printJson } from "./print.js";
import { printAnswers } from "./print-answers.js";
import { printSimilarity } from "./print-similarity.js";
import { stateOfTheUnion } from "./state-of-the-union.js";
import { showsProgress } from "./with-model.js";

interface DemoFlags extends ModelFlags {
  db: string;
  seconds: number;
  json: boolean;
}

const SENTENCES = [
  "A kitten naps on the sofa.",
  "The young cat is asleep on the couch.",
  "Our puppy chases every ball.",
  "Neural networks learn from examples.",
  "Deep learning finds patterns in data.",
];

const QUESTIONS = [
  "sending people to the moon",
  "What was done for workers who lost their jobs?",
  "protecting forests and rivers for our grandchildren",
  "building a canal between two oceans",
];

/** Passages that the rate of encoding is measured on. */
const PROBE = 256;

/** Seconds that the questions and their timing take about, after the passages. */
const AFTERWARDS = 3;

/** Rounds over the questions that the time of a query is the median of. */
const ROUNDS = 25;

export function demoCommand(): Command {
  const command = new Command("demo")
    .description(
      "Show what nigh does, with the bundled model and the State of the Union addresses.",
    )
    .addOption(databaseOption())
    .option(
      "--seconds <n>",
      "about the time to take: as many passages are indexed as fit",
      positiveInteger,
      60,
    )
    .addOption(jsonOption());
  for (const option of modelOptions({ dtype: "int8" })) command.addOption(option);
  return command.action(async (flags: DemoFlags) => {
    const report = await runDemo({ ...flags, dtype: flags.dtype ?? "int8" });
    if (flags.json) printJson(report);
  });
}

async function runDemo(flags: DemoFlags): Promise<object> {
  const deadline = performance.now() + 1000 * flags.seconds;
  const say = flags.json ? () => undefined : print;
  const heading = flags.json ? () => undefined : printHeading;
  let start = performance.now();
  const model = await SentenceTransformer.load(flags.model ?? DEFAULT_MODEL, loadOptions(flags));
  say(
    `${pc.bold(model.name)} (${model.dtype}, onnxruntime ${model.runtime}) loaded in ${seconds(start)} s: texts become vectors of ${model.dimension} numbers`,
  );
  try {
    heading("1. Sentences that mean the same have near vectors (cosine similarity)");
    const vectors = await model.encode(SENTENCES);
    const similarity = model.similarity(vectors, vectors);
    if (!flags.json) printSimilarity(SENTENCES, similarity);

    heading("2. Search by meaning: two centuries of State of the Union addresses");
    const passages = await stateOfTheUnion();
    const database = await PassageDatabase.open(flags.db);
    checkOwn(database, passages, flags.db);
    start = performance.now();
    const { indexed, rate } = await indexUntil(deadline, database, passages, model, flags.json);
    const years = indexed.map((passage) => Number(passage.metadata["year"]));
    const part =
      indexed.length < passages.length
        ? `, the newest: as many as fit into ${flags.seconds} s (--seconds takes more)`
        : "";
    say(
      `${formatCount(indexed.length)} of ${formatCount(passages.length)} passages${part}, ${Math.min(...years)} to ${Math.max(...years)}; ${formatCount(rate)} passages/s, ${seconds(start)} s`,
    );
    const answers = [];
    for (const question of QUESTIONS) {
      const found = await database.search(question, model, { topK: 2, highlight: true });
      answers.push({
        question,
        answers: found.map(({ passage, score }) => ({ score, ...passage })),
      });
      heading(`   ${question}`);
      if (!flags.json) printAnswers(found, { maxLines: 4, origin: addressOf });
    }

    heading("3. How fast");
    const { encodeMs, searchMs } = await timeQueries(database, model);
    say(
      `encoding a question ${encodeMs.toFixed(1)} ms, exact search through ${formatCount(database.size)} passages ${searchMs.toFixed(1)} ms (medians)`,
    );

    heading("4. Now you");
    say(
      `   npx nigh search "putting a man on the moon"${flags.db === "./.nigh" ? "" : ` --db ${flags.db}`}`,
    );
    say(`   npx nigh similarity "a cheap place to sleep" "affordable accommodation"`);
    say(`   npx nigh index ./my-notes --db ./my-db && npx nigh search "…" --db ./my-db`);
    return {
      model: model.name,
      dtype: model.dtype,
      runtime: model.runtime,
      similarity: { sentences: SENTENCES, cosine: similarity.toArray() },
      passages: { indexed: indexed.length, of: passages.length, perSecond: rate },
      answers,
      milliseconds: { encodeQuery: encodeMs, exactSearch: searchMs },
      db: flags.db,
    };
  } finally {
    await model.close();
  }
}

/** The demo fills a database of its own; another one at that place is left alone. */
function checkOwn(
  database: PassageDatabase,
  passages: readonly StoredPassage[],
  folder: string,
): void {
  const own = new Set(passages.map((passage) => passage.documentId));
  if (database.documentIds().every((id) => own.has(id))) return;
  throw new NighError(
    "ERR_DATABASE",
    `${folder} holds a database with other documents: give the demo a folder of its own, nigh demo --db ./demo-db.`,
  );
}

function addressOf({ id, metadata }: StoredPassage): string {
  const { name, year } = metadata;
  return name === undefined || year === undefined ? id : `${name}, ${year}`;
}

/** Indexes as many passages, from the first on, as the time allows, and never fewer than are there. */
async function indexUntil(
  deadline: number,
  database: PassageDatabase,
  passages: readonly StoredPassage[],
  model: SentenceTransformer,
  json: boolean,
): Promise<{ indexed: readonly StoredPassage[]; rate: number }> {
  const perSecond = await measureRate(passages, model);
  const start = performance.now();
  const left = (deadline - start) / 1000 - AFTERWARDS;
  const fitting = Math.max(Math.floor(perSecond * left), PROBE, database.size);
  const indexed = passages.slice(0, fitting);
  const options = { showProgressBar: showsProgress(json) };
  const { encoded } = await database.index(indexed, model, options);
  const rate = encoded === 0 ? perSecond : (1000 * encoded) / (performance.now() - start);
  return { indexed, rate };
}

/** Passages per second, on some from all over; the first ones only start the threads. */
async function measureRate(
  passages: readonly StoredPassage[],
  model: SentenceTransformer,
): Promise<number> {
  const step = Math.max(1, Math.floor(passages.length / PROBE));
  const probe = passages.filter((_, i) => i % step === 0).map((passage) => passage.text);
  await model.encode(probe.slice(0, 32));
  const start = performance.now();
  await model.encode(probe);
  return (1000 * probe.length) / (performance.now() - start);
}

async function timeQueries(
  database: PassageDatabase,
  model: SentenceTransformer,
): Promise<{ encodeMs: number; searchMs: number }> {
  const encoding: number[] = [];
  const searching: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const question of QUESTIONS) {
      const t0 = performance.now();
      const vector = await model.encodeQuery(question, { normalizeEmbeddings: true });
      const t1 = performance.now();
      database.searchByVector(vector, 10);
      encoding.push(t1 - t0);
      searching.push(performance.now() - t1);
    }
  }
  return { encodeMs: median(encoding), searchMs: median(searching) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function seconds(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}

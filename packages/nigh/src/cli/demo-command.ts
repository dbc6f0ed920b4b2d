import { Command } from "commander";
import pc from "picocolors";
import {
  type Collection,
  NighError,
  type PersistentClient,
  type SearchRow,
  SentenceTransformer,
} from "../index.js";
import { collectionNames, withDatabase } from "./database.js";
import { indexPassages } from "./index-passages.js";
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
import { type Answer, answerOf, printAnswers } from "./print-answers.js";
import { printSimilarity } from "./print-similarity.js";
import type { DocumentPassages } from "./read-passages.js";
import { isRemote } from "./remote-model.js";
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

/** What the demo fills. */
const COLLECTION = "state-of-the-union";

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
    if (isRemote(flags.model)) throw notHere(flags.model as string);
    const report = await runDemo({ ...flags, dtype: flags.dtype ?? "int8" });
    if (flags.json) printJson(report);
  });
}

function notHere(model: string): NighError {
  return new NighError(
    "ERR_INVALID_ARGUMENT",
    `The demo shows a model that runs here, and ${model} runs on a server: nigh index FILES --model ${model}.`,
  );
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
    const addresses = await stateOfTheUnion();
    return await withDatabase(flags.db, { make: true }, async (client) => {
      const collection = await ownCollection(client, addresses, model);
      start = performance.now();
      const { indexed, of, oldest, newest, rate } = await indexUntil(
        deadline,
        collection,
        addresses,
        model,
        flags.json,
      );
      const part =
        indexed < of
          ? `, the newest: as many as fit into ${flags.seconds} s (--seconds takes more)`
          : "";
      say(
        `${formatCount(indexed)} of ${formatCount(of)} passages${part}, ${oldest} to ${newest}; ${formatCount(rate)} passages/s, ${seconds(start)} s`,
      );
      const answers: { question: string; answers: SearchRow[] }[] = [];
      for (const query of QUESTIONS) {
        const options = { query, mode: "semantic", limit: 2, highlight: true } as const;
        const rows = await collection.search(options);
        answers.push({ question: query, answers: rows });
        heading(`   ${query}`);
        if (!flags.json) printAnswers(rows.map(answerOf), { maxLines: 4, origin: addressOf });
      }

      heading("3. How fast");
      const { encodeMs, searchMs } = await timeQueries(collection, model);
      const count = await collection.count();
      say(
        `encoding a question ${encodeMs.toFixed(1)} ms, exact search through ${formatCount(count)} passages ${searchMs.toFixed(1)} ms (medians)`,
      );

      heading("4. Now you");
      const db = flags.db === "./.nigh" ? "" : ` --db ${flags.db}`;
      say(`   npx nigh search "putting a man on the moon"${db}`);
      say(
        `   npx nigh search "jobs for veterans" --where '{"year": {"$gte": 2000}}' --explain${db}`,
      );
      say(`   npx nigh similarity "a cheap place to sleep" "affordable accommodation"`);
      say(`   npx nigh index ./my-notes --db ./my-db && npx nigh search "…" --db ./my-db`);
      return {
        model: model.name,
        dtype: model.dtype,
        runtime: model.runtime,
        similarity: { sentences: SENTENCES, cosine: similarity.toArray() },
        passages: { indexed, of, perSecond: rate },
        answers,
        milliseconds: { encodeQuery: encodeMs, exactSearch: searchMs },
        db: flags.db,
        collection: COLLECTION,
      };
    });
  } finally {
    await model.close();
  }
}

/** The demo fills a database of its own; another one at that place is left alone. */
async function ownCollection(
  client: PersistentClient,
  addresses: readonly DocumentPassages[],
  embeddingFunction: SentenceTransformer,
): Promise<Collection> {
  const foreign = new NighError(
    "ERR_DATABASE",
    `${client.path} holds a database with other documents: give the demo a folder of its own, nigh demo --db ./demo-db.`,
  );
  if ((await collectionNames(client)).some((name) => name !== COLLECTION)) throw foreign;
  const collection = await client.getOrCreateCollection({ name: COLLECTION, embeddingFunction });
  const own = new Set(addresses.flatMap(({ passages }) => passages.map(({ id }) => id)));
  const { ids } = await collection.get({ include: [] });
  if (!ids.every((id) => own.has(id))) throw foreign;
  return collection;
}

function addressOf({ id, metadata }: Answer): string {
  const { name, year } = metadata;
  return name === undefined || year === undefined ? id : `${name}, ${year}`;
}

/** Indexes as many passages, from the first on, as the time allows, and never fewer than are there. */
async function indexUntil(
  deadline: number,
  collection: Collection,
  addresses: readonly DocumentPassages[],
  model: SentenceTransformer,
  json: boolean,
): Promise<{ indexed: number; of: number; oldest: number; newest: number; rate: number }> {
  const texts = addresses.flatMap(({ passages }) => passages.map(({ text }) => text));
  const perSecond = await measureRate(texts, model);
  const start = performance.now();
  const left = (deadline - start) / 1000 - AFTERWARDS;
  const fitting = Math.max(Math.floor(perSecond * left), PROBE, await collection.count());
  const total = Math.min(fitting, texts.length);
  const fit = firstPassages(addresses, total);
  const showProgressBar = showsProgress(json);
  const { encoded } = await indexPassages(collection, fit, { total, showProgressBar });
  const rate = encoded === 0 ? perSecond : (1000 * encoded) / (performance.now() - start);
  const years = fit.map(({ passages }) => Number(passages[0]?.metadata["year"]));
  return {
    indexed: total,
    of: texts.length,
    oldest: Math.min(...years),
    newest: Math.max(...years),
    rate,
  };
}

/** Documents from the first on, with `count` passages in all. */
function firstPassages(documents: readonly DocumentPassages[], count: number): DocumentPassages[] {
  let left = count;
  return documents.flatMap((document) => {
    const passages = document.passages.slice(0, left);
    left -= passages.length;
    return passages.length === 0 ? [] : [{ ...document, passages }];
  });
}

/** Passages per second, on some from all over; the first ones only start the threads. */
async function measureRate(texts: readonly string[], model: SentenceTransformer): Promise<number> {
  const step = Math.max(1, Math.floor(texts.length / PROBE));
  const probe = texts.filter((_, i) => i % step === 0);
  await model.encode(probe.slice(0, 32));
  const start = performance.now();
  await model.encode(probe);
  return (1000 * probe.length) / (performance.now() - start);
}

async function timeQueries(
  collection: Collection,
  model: SentenceTransformer,
): Promise<{ encodeMs: number; searchMs: number }> {
  const encoding: number[] = [];
  const searching: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const question of QUESTIONS) {
      const t0 = performance.now();
      const vector = await model.encodeQuery(question, { normalizeEmbeddings: true });
      const t1 = performance.now();
      await collection.query({ queryEmbeddings: [vector], nResults: 10 });
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

/** `npm run bench -- precision`: what vectors of a byte or a bit a dimension lose, and what they take. */
import { Command, Option } from "commander";
import {
  Matrix,
  type MatrixLike,
  ndcgAtK,
  type QuantizedMatrix,
  quantizeEmbeddings,
  type SemanticSearchOptions,
  semanticSearch,
} from "nigh";
import { requireSection, writeSection } from "./docs-section.js";
import { count, fourDecimals, rangeText, threeDecimals } from "./figure-text.js";
import { foldersOfSets, type JudgedTexts, readJudgedTexts } from "./hybrid/judged-texts.js";
import { textVectors } from "./hybrid/text-vectors.js";
import { announceMachine, type Machine, machineText, versionsText } from "./machine.js";
import { mean, type Spread, spread } from "./statistics.js";
import { type FigureTable, markdownTable, terminalTable } from "./table.js";

interface PrecisionFlags {
  readonly data: string;
  readonly only: readonly Part[];
  readonly publish?: true;
}

/** Quality is the same whatever else the machine does; time is not. */
const PARTS = ["quality", "time"] as const;
type Part = (typeof PARTS)[number];

/** A corpus as it is kept, and how it is searched. */
interface Way {
  readonly precision: string;
  readonly rescoring: string;
  readonly corpus: MatrixLike | QuantizedMatrix;
  readonly bytes: number;
  readonly options: SemanticSearchOptions;
}

const ANSWERS = 10;
/** Vectors of the timed corpus: the documents, again and again. */
const TIMED_ROWS = 100_000;
const TIMED_QUERIES = 100;
const ROUNDS = 5;

export function precisionCommand(): Command {
  return new Command("precision")
    .description("vectors in int8 and in bits: quality on judged data, bytes, time")
    .requiredOption("--data <folder>", "a folder of data sets in BEIR's files, such as scifact")
    .addOption(
      new Option("--only <part>", "one of the two tables")
        .choices(PARTS)
        .argParser((part) => [part as Part])
        .default(PARTS, "both"),
    )
    .option("--publish", "write the figures into docs/benchmarks.md")
    .action(runPrecision);
}

async function runPrecision({ data, only, publish }: PrecisionFlags): Promise<void> {
  const machine = announceMachine({ publish: publish === true && only.includes("time") });
  if (publish) for (const part of only) await requireSection(`precision ${part}`);
  const sets: [JudgedTexts, Matrix, Matrix][] = [];
  for (const folder of foldersOfSets(data)) {
    const texts = readJudgedTexts(folder);
    const embed = (kind: "documents" | "queries") =>
      textVectors(
        `${texts.name}-${kind}`,
        texts[kind].map(({ text }) => text),
        (step) => console.error(step),
      );
    sets.push([texts, await embed("documents"), await embed("queries")]);
  }
  const [, documents, queries] = sets[0] as (typeof sets)[number];
  for (const part of only) {
    const table =
      part === "quality"
        ? qualityTable(sets)
        : timeTable(repeated(documents, TIMED_ROWS), queries.rows(0, TIMED_QUERIES));
    console.log(terminalTable(table));
    if (publish)
      console.log(await writeSection(`precision ${part}`, section(machine, part, table)));
  }
}

function qualityTable(sets: readonly [JudgedTexts, Matrix, Matrix][]): FigureTable {
  return {
    head: ["data set", "precision", "rescoring", "nDCG@10", "of float32's", "top 10 in common"],
    wordColumns: 3,
    rows: sets.flatMap(([texts, documents, queries]) => qualityRows(texts, documents, queries)),
  };
}

function qualityRows(texts: JudgedTexts, documents: Matrix, queries: Matrix): string[][] {
  console.error(`${texts.name}: quality`);
  const name = `${texts.name} (${count(documents.shape[0])} documents, ${queries.shape[0]} queries)`;
  const exact = answersOf(queries, documents);
  const gainOf = (answers: number[][]) =>
    mean(
      texts.queries.map(({ id }, q) => {
        const ids = (answers[q] as number[]).map((i) => texts.documents[i]?.id as string);
        return ndcgAtK(ids, texts.judgments.get(id) ?? new Map(), ANSWERS);
      }),
    );
  const best = gainOf(exact);
  return waysOf(documents).map(({ precision, rescoring, corpus, options }) => {
    const answers = answersOf(queries, corpus, options);
    const gain = gainOf(answers);
    const common = answers.map((list, q) => {
      const wanted = new Set(exact[q]);
      return list.filter((i) => wanted.has(i)).length / ANSWERS;
    });
    const share = `${((100 * gain) / best).toFixed(1)}%`;
    return [name, precision, rescoring, fourDecimals(gain), share, threeDecimals(mean(common))];
  });
}

function timeTable(documents: Matrix, queries: Matrix): FigureTable {
  const rows = waysOf(documents).map(({ precision, rescoring, corpus, bytes, options }) => {
    console.error(`time: ${precision}, ${rescoring}`);
    const alone = timesOf(() => {
      for (const query of queries.rows(0, 10)) semanticSearch([query], corpus, options);
      return 10;
    });
    const together = timesOf(() => {
      semanticSearch(queries, corpus, options);
      return TIMED_QUERIES;
    });
    return [precision, rescoring, count(bytes), rangeText(alone), rangeText(together)];
  });
  return {
    head: [
      "precision",
      "rescoring",
      "bytes a vector",
      "ms, one query a call",
      `ms a query, ${TIMED_QUERIES} a call`,
    ],
    wordColumns: 2,
    rows,
  };
}

/** Signed and unsigned bytes of the same codes are searched alike, so one of each stands for both. */
function waysOf(floats: Matrix): Way[] {
  const steps = quantizeEmbeddings(floats, "int8");
  const bits = quantizeEmbeddings(floats, "ubinary");
  const int8 = { precision: "int8, uint8", corpus: steps, bytes: steps.shape[1] };
  const binary = { precision: "binary, ubinary", corpus: bits, bytes: bits.shape[1] };
  const float32 = { precision: "float32", corpus: floats, bytes: 4 * floats.shape[1] };
  const rescoreEmbeddings = floats;
  return [
    { ...float32, rescoring: "–", options: {} },
    { ...int8, rescoring: "–", options: {} },
    { ...int8, rescoring: "2 ×, float32", options: { rescoreEmbeddings } },
    { ...binary, rescoring: "none", options: { rescore: false } },
    { ...binary, rescoring: "2 ×", options: {} },
    { ...binary, rescoring: "4 ×", options: { rescoreMultiplier: 4 } },
    { ...binary, rescoring: "10 ×", options: { rescoreMultiplier: 10 } },
    { ...binary, rescoring: "4 ×, float32", options: { rescoreMultiplier: 4, rescoreEmbeddings } },
    {
      ...binary,
      rescoring: "10 ×, float32",
      options: { rescoreMultiplier: 10, rescoreEmbeddings },
    },
  ];
}

function answersOf(
  queries: Matrix,
  corpus: MatrixLike | QuantizedMatrix,
  options: SemanticSearchOptions = {},
): number[][] {
  const found = semanticSearch(queries, corpus, { ...options, topK: ANSWERS });
  return found.map((list) => list.map(({ index }) => index));
}

/** Milliseconds a query over the rounds, after one that warms up. @param run returns how many it asked. */
function timesOf(run: () => number): Spread {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    const asked = run();
    if (round > 0) times.push((performance.now() - start) / asked);
  }
  return spread(times);
}

function repeated(matrix: Matrix, rows: number): Matrix {
  const result = Matrix.zeros(rows, matrix.shape[1]);
  for (let i = 0; i < rows; i++) result.row(i).set(matrix.row(i % matrix.shape[0]));
  return result;
}

function section(machine: Machine, part: Part, table: FigureTable): string {
  const { node = "", nigh = "" } = machine.versions;
  const measured = `Measured on ${machine.date} by \`npm run bench -- precision --data FOLDER --only ${part} --publish\``;
  if (part === "quality")
    return `${measured}, with the vectors of the bundled model in fp32.\n\n${markdownTable(table)}`;
  return `
${measured}: ${count(TIMED_ROWS)} vectors of 384 dimensions, ${ANSWERS} answers, one thread; median (min–max) of ${ROUNDS} rounds.

- Machine: ${machineText(machine)}.
- Versions: ${versionsText({ node, nigh })}.

${markdownTable(table)}
`;
}

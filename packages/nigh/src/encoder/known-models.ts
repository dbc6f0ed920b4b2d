/** One row of {@link models}. */
export interface KnownModel {
  readonly name: string;
  /** Length of its vectors. */
  readonly dimension: number;
  /** Weights in millions of parameters. */
  readonly parametersMillions: number;
  /** Tokens of a text that it reads. */
  readonly maxSeqLength: number;
  /** Sentences of about 25 tokens per second on two cores, fp32, as measured in docs/benchmarks.md. */
  readonly sentencesPerSecond: number;
  /** Spearman correlation on the STS benchmark's test set, x 100 (published by MTEB). */
  readonly stsBenchmark: number;
  readonly languages: string;
  readonly license: string;
  readonly note: string;
  /** Where it comes from: an npm package that nigh depends on. */
  readonly source: string;
}

const KNOWN: readonly KnownModel[] = [
  {
    name: "all-MiniLM-L6-v2",
    dimension: 384,
    parametersMillions: 22.7,
    maxSeqLength: 256,
    sentencesPerSecond: 637,
    stsBenchmark: 82.03,
    languages: "English",
    license: "Apache-2.0",
    note: "bundled; small, fast, good for general search",
    source: "@nigh/model-all-minilm-l6-v2",
  },
];

/** The models that `SentenceTransformer.load` finds by name. */
export function models(): KnownModel[] {
  return KNOWN.map((model) => ({ ...model }));
}

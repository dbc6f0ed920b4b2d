import type { ModelKind } from "./hub/repo-id.js";

/** One row of {@link models}. */
export interface KnownModel {
  readonly name: string;
  /** What loads it: "sentence-transformer" makes vectors (SentenceTransformer), "cross-encoder" scores pairs (CrossEncoder). */
  readonly kind: ModelKind;
  /** Length of its vectors; undefined for a cross-encoder, which makes none. */
  readonly dimension: number | undefined;
  /** Weights in millions of parameters. */
  readonly parametersMillions: number;
  /** Tokens of a text that it reads. */
  readonly maxSeqLength: number;
  /** Sentences of about 25 tokens per second on two cores, fp32, as measured in docs/benchmarks.md; undefined where it was not. */
  readonly sentencesPerSecond: number | undefined;
  /** Spearman correlation on the STS benchmark's test set, x 100 (MTEB's published results, github.com/embeddings-benchmark/results); undefined where none is published. */
  readonly stsBenchmark: number | undefined;
  readonly languages: string;
  readonly license: string;
  readonly note: string;
  /** Whether it is part of nigh's installation; others come from the Hub when they are loaded first. */
  readonly bundled: boolean;
  /** Where it comes from: an npm package that nigh depends on, or a repository of the Hugging Face Hub. */
  readonly source: string;
}

const KNOWN: readonly KnownModel[] = [
  {
    name: "all-MiniLM-L6-v2",
    kind: "sentence-transformer",
    dimension: 384,
    parametersMillions: 22.7,
    maxSeqLength: 256,
    sentencesPerSecond: 637,
    stsBenchmark: 82.03,
    languages: "English",
    license: "Apache-2.0",
    note: "small, fast, good for general search",
    bundled: true,
    source: "@nigh/model-all-minilm-l6-v2",
  },
  {
    name: "all-mpnet-base-v2",
    kind: "sentence-transformer",
    dimension: 768,
    parametersMillions: 109.5,
    maxSeqLength: 384,
    sentencesPerSecond: undefined,
    stsBenchmark: 83.42,
    languages: "English",
    license: "Apache-2.0",
    note: "better and slower than all-MiniLM-L6-v2",
    bundled: false,
    source: "sentence-transformers/all-mpnet-base-v2",
  },
  {
    name: "paraphrase-multilingual-MiniLM-L12-v2",
    kind: "sentence-transformer",
    dimension: 384,
    parametersMillions: 117.7,
    maxSeqLength: 128,
    sentencesPerSecond: undefined,
    stsBenchmark: 84.42,
    languages: "more than 50",
    license: "Apache-2.0",
    note: "a text and its translation are near to each other",
    bundled: false,
    source: "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
  },
  {
    name: "msmarco-distilbert-base-v4",
    kind: "sentence-transformer",
    dimension: 768,
    parametersMillions: 66.4,
    maxSeqLength: 512,
    sentencesPerSecond: undefined,
    stsBenchmark: undefined,
    languages: "English",
    license: "Apache-2.0",
    note: "short questions, long passages (trained on MS MARCO)",
    bundled: false,
    source: "sentence-transformers/msmarco-distilbert-base-v4",
  },
  {
    name: "BAAI/bge-small-en-v1.5",
    kind: "sentence-transformer",
    dimension: 384,
    parametersMillions: 33.4,
    maxSeqLength: 512,
    sentencesPerSecond: undefined,
    stsBenchmark: 85.86,
    languages: "English",
    license: "MIT",
    note: "search; queries may have a prompt of their own",
    bundled: false,
    source: "BAAI/bge-small-en-v1.5",
  },
  {
    name: "ms-marco-MiniLM-L6-v2",
    kind: "cross-encoder",
    dimension: undefined,
    parametersMillions: 22.7,
    maxSeqLength: 512,
    sentencesPerSecond: undefined,
    stsBenchmark: undefined,
    languages: "English",
    license: "Apache-2.0",
    note: "cross-encoder: reranks search results (trained on MS MARCO)",
    bundled: false,
    source: "cross-encoder/ms-marco-MiniLM-L6-v2",
  },
  {
    name: "BAAI/bge-reranker-base",
    kind: "cross-encoder",
    dimension: undefined,
    parametersMillions: 278.0,
    maxSeqLength: 512,
    sentencesPerSecond: undefined,
    stsBenchmark: undefined,
    languages: "Chinese, English",
    license: "MIT",
    note: "cross-encoder: reranks search results, better and slower",
    bundled: false,
    source: "BAAI/bge-reranker-base",
  },
];

/** The models that nigh knows; `SentenceTransformer.load` and `CrossEncoder.load` take any other of the Hugging Face Hub as well. */
export function models(): KnownModel[] {
  return KNOWN.map((model) => ({ ...model }));
}

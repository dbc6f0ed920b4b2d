import { fixture, readJson } from "../encoder/fixtures.js";

export type Pair = readonly [string, string];

/** Pairs with their token ids and the scores of Python's CrossEncoder. */
export interface CrossGolden {
  readonly max_seq_length: number;
  readonly num_labels: number;
  readonly pairs: readonly Pair[];
  readonly token_ids: readonly (readonly number[])[];
  /** Null where Python gives the model none. */
  readonly token_type_ids: readonly (readonly number[] | null)[];
  /** Numbers, or a list of them for each pair where there are several labels. */
  readonly logits: Scores;
  readonly scores: Scores;
  readonly softmax?: Scores;
  readonly rank?: readonly { corpus_id: number; score: number; text: string }[];
  readonly rank_documents?: readonly string[];
  readonly prompts?: Readonly<Record<string, string>>;
  readonly default_prompt_name?: string;
  readonly query_prompt_scores?: Scores;
  readonly no_prompt_scores?: Scores;
}
type Scores = readonly number[] | readonly (readonly number[])[];

/** Folders of fixtures/models, with what each is there for. */
export const CROSS_ENCODERS = {
  "tiny-cross-bert": "BERT, token types, no activation by config.json",
  "tiny-cross-roberta": "RoBERTa, three labels, an odd number of tokens",
  "tiny-cross-xlm-roberta": "XLM-RoBERTa in float16, sigmoid by default",
  "tiny-cross-distilbert": "DistilBERT, the activation in the older spelling",
  "tiny-cross-mpnet": "MPNet as sentence-transformers 6 saves it, with prompts",
  "tiny-cross-electra": "ELECTRA, shorter vectors in its tables",
  "tiny-cross-albert-onnx": "ALBERT from onnx/model.onnx, two labels",
} as const;

export const CROSS_BERT = fixture("models/tiny-cross-bert");

export function crossGolden(name: keyof typeof CROSS_ENCODERS): CrossGolden {
  return readJson(fixture(`models/${name}/golden.json`));
}

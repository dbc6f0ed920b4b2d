/** What is known of a model of OpenAI's. */
export interface OpenAIModel {
  /** Length of its vectors, where `dimensions` does not ask for less. */
  readonly dimension: number;
  /** Whether it can be asked for shorter vectors. */
  readonly isShortened: boolean;
  /** US dollars for a million tokens. */
  readonly usdPerMillion: number;
}

/** Prices as of May 2026, without tax and discounts: https://platform.openai.com/docs/pricing */
const MODELS = new Map<string, OpenAIModel>([
  ["text-embedding-3-small", { dimension: 1536, isShortened: true, usdPerMillion: 0.02 }],
  ["text-embedding-3-large", { dimension: 3072, isShortened: true, usdPerMillion: 0.13 }],
  ["text-embedding-ada-002", { dimension: 1536, isShortened: false, usdPerMillion: 0.1 }],
]);

/** Of OpenAI's API reference: the same for all of its embedding models. */
export const LIMITS = {
  /** Tokens of a text. */
  textTokens: 8192,
  /** Tokens of a request's texts together. */
  requestTokens: 300_000,
  /** Texts of a request. */
  requestTexts: 2048,
} as const;

export function openAIModel(name: string): OpenAIModel | undefined {
  return MODELS.get(name);
}

/** US dollars; undefined where the price is not known. */
export function usdOf(model: OpenAIModel | undefined, tokens: number): number | undefined {
  return model && (tokens * model.usdPerMillion) / 1_000_000;
}

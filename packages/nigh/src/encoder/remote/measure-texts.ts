import { setImmediate } from "node:timers/promises";
import { throwIfAborted } from "../../shared/abort.js";
import { quote } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { type Cl100kTokens, loadCl100k } from "./cl100k-tokens.js";
import { LIMITS } from "./openai-models.js";

export type OpenAILongText = "refuse" | "cut";

export interface MeasuredTexts {
  /** As they are sent. */
  readonly texts: readonly string[];
  /** Tokens of each, or its bytes where these are few: no token has less than one. */
  readonly tokens: Uint32Array;
  /** 1 where a text was cut. */
  readonly isCut: Uint8Array;
}

export interface MeasurePlan {
  readonly where: string;
  readonly model: string;
  /** Whether OpenAI's limits hold and its tokens are known. */
  readonly isKnown: boolean;
  readonly longText: OpenAILongText;
  readonly signal: AbortSignal | undefined;
}

/** Bytes that are looked at before others have a turn. */
const TURN = 200_000;

/**
 * Looks at all texts before the first is sent, so that nothing is paid for when one of them cannot be embedded. Tokens are only counted
 * where the bytes do not show that the text is short enough.
 *
 * @throws NighError `ERR_INVALID_TEXT` naming a text that is empty or too long for the model; `ERR_ABORTED`.
 */
export async function measureTexts(
  given: readonly string[],
  plan: MeasurePlan,
): Promise<MeasuredTexts> {
  const { where, model, isKnown, longText, signal } = plan;
  const texts = [...given];
  const tokens = new Uint32Array(texts.length);
  const isCut = new Uint8Array(texts.length);
  let bytesOfTurn = 0;
  for (const [i, text] of given.entries()) {
    const bytes = Buffer.byteLength(text);
    tokens[i] = bytes;
    if (!isKnown) continue;
    if (text === "") throw noVector(where, model, i);
    if (bytes <= LIMITS.textTokens) continue;
    bytesOfTurn += bytes;
    if (bytesOfTurn > TURN) {
      bytesOfTurn = 0;
      await setImmediate();
      throwIfAborted(signal);
    }
    const vocabulary = await loadCl100k();
    tokens[i] = vocabulary.count(text, LIMITS.textTokens);
    if ((tokens[i] as number) <= LIMITS.textTokens) continue;
    if (longText === "refuse") throw tooLong(where, model, text, i);
    texts[i] = vocabulary.cut(text, LIMITS.textTokens);
    tokens[i] = LIMITS.textTokens;
    isCut[i] = 1;
  }
  return { texts, tokens, isCut };
}

/** Tokens of texts together. Others have a turn now and then. */
export async function countTokens(texts: readonly string[]): Promise<number> {
  const vocabulary: Cl100kTokens = await loadCl100k();
  let tokens = 0;
  let lengthOfTurn = 0;
  for (const text of texts) {
    tokens += vocabulary.count(text);
    lengthOfTurn += text.length;
    if (lengthOfTurn > TURN) {
      lengthOfTurn = 0;
      await setImmediate();
    }
  }
  return tokens;
}

function noVector(where: string, model: string, i: number): NighError {
  return new NighError(
    "ERR_INVALID_TEXT",
    `${where}: text ${i} is empty, for which ${model} has no vector: leave it out. Nothing was sent.`,
  );
}

function tooLong(where: string, model: string, text: string, i: number): NighError {
  return new NighError(
    "ERR_INVALID_TEXT",
    `${where}: text ${i}, ${quote(text)}, has more than the ${LIMITS.textTokens} tokens that ${model} reads: split it, or have such texts cut and counted with longText: "cut". Nothing was sent.`,
  );
}

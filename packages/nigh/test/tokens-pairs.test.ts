import { describe, expect, it } from "vitest";
import { Tokenizer } from "../src/tokens/tokenizer.js";
import { CROSS_BERT } from "./cross-encoder/models.js";

/** Takes token after token from the longer text; of two that are as long, from the one that was shorter, or the first. */
function cutOneByOne(first: number, second: number, room: number): number[] {
  let [a, b] = [first, second];
  while (a + b > room) {
    if (a > b || (a === b && first <= second)) a--;
    else b--;
  }
  return [a, b];
}

describe("two texts that are too long together", () => {
  it.each([5, 6, 7, 12, 13])("are cut to %i tokens from the longer one on", async (maxLength) => {
    const tokenizer = await Tokenizer.load(CROSS_BERT, { maxLength, pairs: true });
    for (let first = 0; first < 18; first++) {
      for (let second = 0; second < 18; second++) {
        const { ids, types, truncated } = tokenizer.encodePair(
          "a ".repeat(first),
          "a ".repeat(second),
        );
        // [CLS] first [SEP] of type 0, second [SEP] of type 1.
        const ofSecond = types.reduce((sum, type) => sum + type, 0) - 1;
        const kept = [ids.length - 3 - ofSecond, ofSecond];
        expect(kept, `${first} and ${second}`).toEqual(cutOneByOne(first, second, maxLength - 3));
        expect(truncated).toBe(first + second > maxLength - 3);
      }
    }
  });
});

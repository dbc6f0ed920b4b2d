import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SentenceTransformer } from "nigh";
import { sentencesAndParagraphs, shortSentences } from "../sotu-texts.js";
import { mean } from "../statistics.js";

/** Texts that all engines encode, in one order. */
export interface TextSet {
  readonly name: string;
  /** JSON file of the texts, which the engines read. */
  readonly file: string;
  readonly texts: number;
  /** Tokens that the model reads, special tokens included. */
  readonly tokens: number;
  readonly meanTokens: number;
  /** Texts that the model reads only the beginning of. */
  readonly truncated: number;
}

/** @param folder where the files are written. */
export async function makeTextSets(count: number, folder: string): Promise<TextSet[]> {
  const model = await SentenceTransformer.load("all-MiniLM-L6-v2", { threads: 1 });
  const chosen = [
    ["short sentences", shortSentences(count)],
    ["sentences and paragraphs", sentencesAndParagraphs(count)],
  ] as const;
  const sets: TextSet[] = [];
  for (const [name, texts] of chosen) {
    const file = join(folder, `${name.replaceAll(" ", "-")}.json`);
    await writeFile(file, JSON.stringify(texts));
    const tokenized = await model.tokenize(texts);
    const meanTokens = mean(tokenized.map(({ ids }) => ids.length));
    sets.push({
      name,
      file,
      texts: texts.length,
      tokens: meanTokens * texts.length,
      meanTokens,
      truncated: tokenized.filter(({ truncated }) => truncated).length,
    });
  }
  await model.close();
  return sets;
}

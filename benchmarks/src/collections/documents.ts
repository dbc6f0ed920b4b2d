/** Documents of 20 words each, cut from the State of the Union addresses. */
import { writeFile } from "node:fs/promises";
import { sentencesOfMostLengths } from "../sotu-texts.js";

const WORDS = 20;
/** Different sentences: together some 350,000 words, which repeat with other beginnings. */
const SENTENCES = 15_000;

/** Writes a line for each record. */
export async function writeDocuments(file: string, rows: number): Promise<void> {
  const words = sentencesOfMostLengths(SENTENCES).join(" ").split(" ");
  const lines = Array.from({ length: rows }, (_, row) => {
    const start = (row * WORDS) % words.length;
    const line = words.slice(start, start + WORDS);
    return [...line, ...words.slice(0, WORDS - line.length)].join(" ");
  });
  await writeFile(file, `${lines.join("\n")}\n`);
}

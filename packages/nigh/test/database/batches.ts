import { seededRandom } from "./seeded-random.js";

/** Values of metadata as these tests use them. */
export type Values = Record<string, string | number | boolean | string[] | null>;

export interface Columns {
  readonly ids: string[];
  readonly embeddings?: number[][];
  readonly documents?: string[];
  readonly metadatas?: Values[];
}

/** One call of a client: one transaction. JSON, so that a program can be given a list of them. */
export type Batch =
  | { readonly verb: "create"; readonly collection: string; readonly space: string }
  | { readonly verb: "drop"; readonly collection: string }
  | {
      readonly verb: "add" | "upsert" | "update";
      readonly collection: string;
      readonly records: Columns;
    }
  | { readonly verb: "delete"; readonly collection: string; readonly ids: string[] };

export const DIMENSION = 12;
const COLLECTIONS = ["notes", "mails", "pages"];
const SPACES = ["cosine", "l2", "ip"];
const IDS = 400;
const WORDS = [
  "river",
  "boiler",
  "engine",
  "letter",
  "window",
  "garden",
  "winter",
  "paper",
  "水車",
  "été",
];

/** Batch number `number` of a seed: the same one whoever asks. Batches of 1 to 300 records, most of them small. */
export function makeBatch(seed: number, number: number): Batch {
  const random = seededRandom(seed * 1_000_003 + number);
  const below = (n: number) => Math.floor(random() * n);
  const c = below(COLLECTIONS.length);
  const collection = COLLECTIONS[c] as string;
  if (number < COLLECTIONS.length) {
    return {
      verb: "create",
      collection: COLLECTIONS[number] as string,
      space: SPACES[number] as string,
    };
  }
  const verb = random();
  if (verb < 0.02) return { verb: "drop", collection };
  if (verb < 0.08) return { verb: "create", collection, space: SPACES[c] as string };
  const count = random() < 0.2 ? 1 + below(300) : 1 + below(30);
  const first = below(IDS);
  const ids = Array.from({ length: count }, (_, i) => `id-${(first + i * 7) % IDS}`);
  if (verb < 0.25) return { verb: "delete", collection, ids };
  const documents = ids.map(
    (id) => `${id} of batch${number}: ${WORDS[below(WORDS.length)]} ${WORDS[below(WORDS.length)]}`,
  );
  const embeddings = ids.map(() =>
    Array.from({ length: DIMENSION }, () => Math.fround(random() * 2 - 1)),
  );
  const metadatas = ids.map(
    (_, i): Values => ({
      batch: number,
      place: i,
      half: i / 2,
      even: i % 2 === 0,
      tags: [`t${i % 3}`, `u${number % 5}`],
      ...(i % 4 === 0 ? { rare: `r${number}` } : {}),
    }),
  );
  if (verb < 0.5) {
    return { verb: "add", collection, records: { ids, embeddings, documents, metadatas } };
  }
  if (verb < 0.8) {
    const changed = metadatas.map((values, i) =>
      i % 5 === 0 ? { ...values, rare: null } : values,
    );
    return {
      verb: "upsert",
      collection,
      records: { ids, embeddings, documents, metadatas: changed },
    };
  }
  const columns = [
    { embeddings },
    { documents, embeddings },
    { metadatas: metadatas.map(() => ({ batch: number, rare: null })) },
  ];
  return { verb: "update", collection, records: { ids, ...columns[below(columns.length)] } };
}

export function makeBatches(seed: number, from: number, count: number): Batch[] {
  return Array.from({ length: count }, (_, i) => makeBatch(seed, from + i));
}

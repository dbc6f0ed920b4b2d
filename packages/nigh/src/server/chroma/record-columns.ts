import type { MetadataValue, RecordColumns } from "../../index.js";
import { invalidArgument } from "../http-error.js";

/** Records of a request, as columns. */
export interface RequestColumns {
  readonly ids: readonly string[];
  readonly embeddings?: readonly (Float32Array | null)[] | undefined;
  readonly documents?: readonly (string | null)[] | undefined;
  readonly metadatas?:
    | readonly (Readonly<Record<string, MetadataValue | null>> | null)[]
    | undefined;
  readonly uris?: readonly (string | null)[] | undefined;
}

const COLUMNS = ["embeddings", "documents", "metadatas", "uris"] as const;

/** @throws HttpError 400 where a column has not as many entries as there are ids. */
function checkLengths(columns: RequestColumns): void {
  for (const name of COLUMNS) {
    const { length } = columns[name] ?? columns.ids;
    if (length === columns.ids.length) continue;
    throw invalidArgument(
      `There are ${columns.ids.length} ids and ${length} ${name}: expected as many.`,
    );
  }
}

/** The first record of each id: Chroma's server passes over those that come later in the same request. */
export function firstOfEachId(columns: RequestColumns): RecordColumns {
  checkLengths(columns);
  const places = new Map<string, number>();
  for (const [i, id] of columns.ids.entries()) if (!places.has(id)) places.set(id, i);
  if (places.size === columns.ids.length) return columns as RecordColumns;
  const pick = <T>(list: readonly T[] | undefined) =>
    list && [...places.values()].map((i) => list[i] as T);
  return {
    ids: [...places.keys()],
    embeddings: pick(columns.embeddings),
    documents: pick(columns.documents),
    metadatas: pick(columns.metadatas),
    uris: pick(columns.uris),
  } as RecordColumns;
}

/** One change for each id, with the effect of all its changes one after another. */
export function mergedById(columns: RequestColumns): RecordColumns {
  checkLengths(columns);
  if (new Set(columns.ids).size === columns.ids.length) return columns as RecordColumns;
  type Change = { [K in (typeof COLUMNS)[number]]?: NonNullable<RequestColumns[K]>[number] };
  const changes = new Map<string, Change>();
  for (const [i, id] of columns.ids.entries()) {
    const old = changes.get(id) ?? {};
    const own = columns.metadatas?.[i] ?? null;
    changes.set(id, {
      embeddings: columns.embeddings?.[i] ?? old.embeddings ?? null,
      documents: columns.documents?.[i] ?? old.documents ?? null,
      uris: columns.uris?.[i] ?? old.uris ?? null,
      metadatas:
        own && old.metadatas ? { ...old.metadatas, ...own } : (own ?? old.metadatas ?? null),
    });
  }
  const all = [...changes.values()];
  const column = (name: (typeof COLUMNS)[number]) =>
    columns[name] && { [name]: all.map((change) => change[name] ?? null) };
  return {
    ids: [...changes.keys()],
    ...column("embeddings"),
    ...column("documents"),
    ...column("metadatas"),
    ...column("uris"),
  } as RecordColumns;
}

import type { StoredEmbedder } from "../../../store/collection-row.js";
import type { Metadata } from "../../../store/metadata.js";
import {
  type FullConfiguration,
  type HnswConfiguration,
  interpretConfiguration,
  SPACES,
} from "../../collections/configuration.js";
import { identityOf, type StoredFunction, storedFunction } from "./embedding-function.js";
import type { ReplyReader } from "./reply-reader.js";

/** A collection as a server describes it. */
export interface ServerCollection {
  readonly id: string;
  readonly name: string;
  /** Floats without a fraction are `Float`s. */
  readonly metadata: Metadata | null;
  readonly configuration: FullConfiguration;
  /** null before the first vector. */
  readonly dimension: number | null;
  readonly function: StoredFunction | undefined;
  readonly embedder: StoredEmbedder | null;
}

/** @throws NighError `ERR_SERVER` for what is no collection of Chroma's. */
export function collectionOfReply(reader: ReplyReader, reply: unknown): ServerCollection {
  const model = reader.object(reply, "collection");
  const settings = reader.object(model.configuration_json ?? {}, "configuration_json");
  const stored = storedFunction(settings.embedding_function);
  return {
    id: reader.text(model.id, "id"),
    name: reader.text(model.name, "name"),
    metadata: reader.metadata(model.metadata, "metadata", true),
    configuration: configurationOf(reader, settings),
    dimension:
      (model.dimension ?? null) === null ? null : reader.number(model.dimension, "dimension"),
    function: stored,
    embedder: identityOf(stored),
  };
}

const NUMBERS = ["ef_construction", "ef_search", "max_neighbors", "sync_threshold"] as const;

/** What nigh knows of a configuration; what a server does not say has nigh's defaults. */
function configurationOf(
  reader: ReplyReader,
  settings: Readonly<Record<string, unknown>>,
): FullConfiguration {
  const given = reader.object(settings.hnsw ?? settings.spann ?? {}, "configuration_json.hnsw");
  const { hnsw } = interpretConfiguration("configuration", {});
  const space = SPACES.find((name) => name === given.space) ?? "l2";
  const numbers = NUMBERS.map((name) => [
    name,
    (given[name] ?? null) === null ? hnsw[name] : reader.number(given[name], name),
  ]);
  return {
    hnsw: { ...(Object.fromEntries(numbers) as Required<HnswConfiguration>), space },
  };
}

import type { Embedder } from "../../encoder/embedder.js";
import { checkInteger, checkKeys } from "../../shared/options.js";
import type { Metadata } from "../../store/metadata.js";
import type { EmbeddingFunction } from "./bound-embedder.js";
import { checkCollectionMetadata } from "./check-metadata.js";
import {
  type CollectionConfiguration,
  type FullConfiguration,
  interpretConfiguration,
  withLegacyKeys,
} from "./configuration.js";
import { checkCollectionName, checkSpaceName } from "./names.js";

/** How long a write waits for another process's. */
export const WAIT_MS = 5000;

export interface ClientOptions {
  /** Default "default_tenant". */
  readonly tenant?: string;
  /** Default "default_database". */
  readonly database?: string;
}

/** Of clients whose collections are in this process. */
export interface LocalClientOptions extends ClientOptions {
  /**
   * How many bytes vectors, graphs and results of filters may take in memory, of all collections together. Those of collections that were
   * not used for longest leave when there are more, and are read again when they are next used. What is in use, or a graph that is being
   * built, may pass the limit. Default: half of the memory that the process may use.
   */
  readonly indexMemoryBytes?: number;
}

export interface PersistentClientOptions extends LocalClientOptions {
  /** The folder of the database; made where there is none. */
  readonly path: string;
  /** How long a write waits for another process's, in milliseconds. Default 5000. */
  readonly waitMs?: number;
}

export interface GetCollectionOptions {
  readonly name: string;
  /** A model, Chroma's interface, or null for none. Default: the bundled model. */
  readonly embeddingFunction?: Embedder | EmbeddingFunction | null | undefined;
}

export interface CreateCollectionOptions extends GetCollectionOptions {
  /** Of the collection itself. */
  readonly metadata?: Metadata | undefined;
  readonly configuration?: CollectionConfiguration | undefined;
}

/** A database of a tenant's. */
export interface DatabaseOptions {
  readonly name: string;
  /** Default: the client's. */
  readonly tenant?: string;
}

export interface Page {
  /** Default: all. */
  readonly limit?: number;
  /** Default 0. */
  readonly offset?: number;
}

/** What a new collection is to be. @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
export function interpretCreate(
  where: string,
  options: CreateCollectionOptions,
): {
  name: string;
  metadata: Metadata | null;
  configuration: FullConfiguration;
  /** The configuration without defaults. */
  given: CollectionConfiguration;
} {
  checkKeys(where, options, ["name", "metadata", "configuration", "embeddingFunction"]);
  const metadata = checkCollectionMetadata(where, options.metadata);
  const given = withLegacyKeys(options.configuration, metadata) ?? {};
  return {
    name: checkCollectionName(where, options.name),
    metadata,
    configuration: interpretConfiguration(where, given),
    given,
  };
}

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
export function checkTenant(where: string, options: { readonly name: string }): string {
  checkKeys(where, options, ["name"]);
  return checkSpaceName(where, "tenant", options.name);
}

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
export function checkPage(where: string, page: Page): Required<Page> {
  checkKeys(where, page, ["limit", "offset"]);
  return {
    limit: page.limit === undefined ? -1 : checkInteger(where, "limit", page.limit, 0),
    offset: checkInteger(where, "offset", page.offset ?? 0, 0),
  };
}

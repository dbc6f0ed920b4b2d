import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys, checkOneOf } from "../../shared/options.js";
import type { CollectionRow } from "../../store/collection-row.js";
import { type Metadata, withoutFloats } from "../../store/metadata.js";

export const SPACES = ["cosine", "l2", "ip"] as const;

/** How vectors are compared: 1 - cosine, squared Euclidean distance, or 1 - inner product. */
export type Space = (typeof SPACES)[number];

export interface HnswConfiguration {
  /** Default "cosine". Cannot be changed later. */
  readonly space?: Space;
  /** Candidates among which a new vector's links are chosen. Default 128. Cannot be changed later. */
  readonly ef_construction?: number;
  /** Candidates that a search keeps on its way, at least; more where recall asks for it, or did when the graph was built. Default 100. */
  readonly ef_search?: number;
  /** Links of a vector. Default 16. */
  readonly max_neighbors?: number;
  /** From how many records on the graph is built; below, every search is exact. Default 50,000. */
  readonly sync_threshold?: number;
}

/** A collection's configuration: Chroma's names; what nigh does not need is accepted and left out. */
export interface CollectionConfiguration {
  readonly hnsw?: HnswConfiguration & Readonly<Record<string, unknown>>;
}

/** A configuration with all defaults. */
export interface FullConfiguration {
  readonly hnsw: Required<HnswConfiguration>;
}

/** The configuration of a collection as the catalogue has it. */
export function configurationOf({ configuration }: Pick<CollectionRow, "configuration">) {
  return JSON.parse(configuration) as FullConfiguration;
}

export function hnswOf(row: Pick<CollectionRow, "configuration">): Required<HnswConfiguration> {
  return configurationOf(row).hnsw;
}

const DEFAULTS: Required<HnswConfiguration> = {
  space: "cosine",
  ef_construction: 128,
  ef_search: 100,
  max_neighbors: 16,
  sync_threshold: 50_000,
};

/** Of Chroma's engine: nigh has no use for them. */
const NOT_NEEDED = ["num_threads", "resize_factor", "batch_size"];
const FIXED = ["space", "ef_construction"] as const;

/** Keys of a collection's metadata that configured it in older versions of Chroma. */
const LEGACY: Readonly<Record<string, string>> = {
  "hnsw:space": "space",
  "hnsw:construction_ef": "ef_construction",
  "hnsw:search_ef": "ef_search",
  "hnsw:M": "max_neighbors",
  "hnsw:sync_threshold": "sync_threshold",
  "hnsw:num_threads": "num_threads",
  "hnsw:resize_factor": "resize_factor",
  "hnsw:batch_size": "batch_size",
};

/** A configuration with what metadata say of it in Chroma's older way ("hnsw:space"): what is given itself wins. */
export function withLegacyKeys(
  configuration: CollectionConfiguration | undefined,
  metadata: Metadata | null,
): CollectionConfiguration | undefined {
  const legacy = Object.entries(withoutFloats(metadata) ?? {}).flatMap(([key, value]) => {
    const name = Object.hasOwn(LEGACY, key) ? LEGACY[key] : undefined;
    return name === undefined ? [] : [[name, value] as const];
  });
  if (legacy.length === 0) return configuration;
  return { ...configuration, hnsw: { ...Object.fromEntries(legacy), ...configuration?.hnsw } };
}

/**
 * Defaults, check and meaning of a configuration.
 *
 * @param old of the collection, when it is changed.
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
 */
export function interpretConfiguration(
  where: string,
  configuration: CollectionConfiguration = {},
  old?: FullConfiguration,
): FullConfiguration {
  checkKeys(where, configuration, ["hnsw"]);
  const { hnsw = {} } = configuration;
  const name = `${where}: configuration.hnsw`;
  checkKeys(name, hnsw, [...Object.keys(DEFAULTS), ...NOT_NEEDED]);
  const given = { ...DEFAULTS, ...old?.hnsw, ...defined(hnsw) } as Required<HnswConfiguration>;
  for (const key of FIXED) {
    if (old === undefined || given[key] === old.hnsw[key]) continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${name}: "${key}" is ${JSON.stringify(old.hnsw[key])} and cannot be changed: make another collection and copy the records.`,
    );
  }
  return {
    hnsw: {
      space: checkOneOf(name, "space", given.space, SPACES),
      ef_construction: checkInteger(name, "ef_construction", given.ef_construction, 1, 10_000),
      ef_search: checkInteger(name, "ef_search", given.ef_search, 1, 100_000),
      max_neighbors: checkInteger(name, "max_neighbors", given.max_neighbors, 2, 512),
      sync_threshold: checkInteger(name, "sync_threshold", given.sync_threshold, 2),
    },
  };
}

function defined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys, checkOneOf } from "../../shared/options.js";
import { isObject } from "../../shared/plain-values.js";
import type { CollectionRow } from "../../store/collection-row.js";
import { type Metadata, withoutFloats } from "../../store/metadata.js";
import type { CollectionCalibration } from "../calibration/calibrate.js";

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

/** What Chroma's clients keep with a collection and read again; nigh stores it as it is. JSON. */
export interface KeptForClients {
  /** What they make their embedding function of. */
  readonly embedding_function?: Readonly<Record<string, unknown>> | null | undefined;
  /** Which indexes there are to be. */
  readonly schema?: Readonly<Record<string, unknown>> | null | undefined;
}

/** A collection's configuration: Chroma's names; what nigh does not need is accepted and left out. */
export interface CollectionConfiguration extends KeptForClients {
  readonly hnsw?: HnswConfiguration & Readonly<Record<string, unknown>>;
}

/** A configuration with all defaults. */
export interface FullConfiguration extends KeptForClients {
  readonly hnsw: Required<HnswConfiguration>;
}

/** A configuration as the catalogue has it. */
interface StoredConfiguration extends FullConfiguration {
  /** The id of the collection that this one, or what it was forked from, was forked from first. */
  readonly fork_of?: string;
  /** From which score on an answer is one, by `calibrate`. */
  readonly calibration?: CollectionCalibration;
}

/** The configuration of a collection in the catalogue. */
export function configurationOf({
  configuration,
}: Pick<CollectionRow, "configuration">): FullConfiguration {
  const { fork_of: _, calibration: __, ...own } = JSON.parse(configuration) as StoredConfiguration;
  return own;
}

/** Null where the collection was not calibrated. */
export function calibrationOf({
  configuration,
}: Pick<CollectionRow, "configuration">): CollectionCalibration | null {
  return (JSON.parse(configuration) as StoredConfiguration).calibration ?? null;
}

/** The configuration with a calibration, as the catalogue has it. */
export function withCalibration(
  { configuration }: Pick<CollectionRow, "configuration">,
  calibration: CollectionCalibration,
): string {
  const stored = JSON.parse(configuration) as StoredConfiguration;
  return JSON.stringify({ ...stored, calibration });
}

/** The id of the first of all the collections that were forked one from another. */
export function rootOf({ id, configuration }: Pick<CollectionRow, "id" | "configuration">): string {
  return (JSON.parse(configuration) as StoredConfiguration).fork_of ?? id;
}

/** The configuration of a fork, as the catalogue has it. */
export function forkedConfiguration(row: Pick<CollectionRow, "id" | "configuration">): string {
  const stored = JSON.parse(row.configuration) as StoredConfiguration;
  return JSON.stringify({ ...stored, fork_of: rootOf(row) });
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
const KEPT = ["embedding_function", "schema"] as const;

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
  checkKeys(where, configuration, ["hnsw", ...KEPT]);
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
    ...old,
    ...keptOf(where, configuration),
    hnsw: {
      space: checkOneOf(name, "space", given.space, SPACES),
      ef_construction: checkInteger(name, "ef_construction", given.ef_construction, 1, 10_000),
      ef_search: checkInteger(name, "ef_search", given.ef_search, 1, 100_000),
      max_neighbors: checkInteger(name, "max_neighbors", given.max_neighbors, 2, 512),
      sync_threshold: checkInteger(name, "sync_threshold", given.sync_threshold, 2),
    },
  };
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for what is no object, or no JSON. */
function keptOf(where: string, configuration: CollectionConfiguration): KeptForClients {
  const given = KEPT.flatMap((key) => {
    const value: unknown = configuration[key];
    if (value === undefined) return [];
    if (value !== null && !isObject(value)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: configuration.${key} must be an object of JSON or null, found ${describe(value)}.`,
      );
    }
    return [[key, value] as const];
  });
  return Object.fromEntries(given);
}

function defined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

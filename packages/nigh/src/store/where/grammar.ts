import type { Float, MetadataScalar } from "../metadata.js";

/** What orders: numbers only. */
export type WhereNumber = number | bigint | Float;

/** One comparison of a document, case-sensitive. The negative ones match records without a document too. */
export type DocumentComparison =
  /** The document has this text in it; "" is in every document. */
  | { readonly $contains: string }
  | { readonly $not_contains: string }
  /** The document has a match of this regular expression in it, in RE2's syntax: no look-around, no back-references. */
  | { readonly $regex: string }
  | { readonly $not_regex: string };

/**
 * One comparison of a value of metadata. Values compare within their kind: "1" is never 1, true is never 1; integers and
 * floats compare exactly by value. The negative comparisons match records that lack the key too, the others never do.
 */
export type ValueComparison =
  | { readonly $eq: MetadataScalar }
  | { readonly $ne: MetadataScalar }
  | { readonly $gt: WhereNumber }
  | { readonly $gte: WhereNumber }
  | { readonly $lt: WhereNumber }
  | { readonly $lte: WhereNumber }
  /** Equal to one of these, which are of one kind. */
  | { readonly $in: readonly MetadataScalar[] }
  | { readonly $nin: readonly MetadataScalar[] }
  /** The value is a list, and this is one of its elements. */
  | { readonly $contains: MetadataScalar }
  | { readonly $not_contains: MetadataScalar };

/**
 * Which records, by their metadata: an object of exactly one key, the name of a value (or `#document`) with what it is
 * to be; or `$and` or `$or` with a list of such objects.
 *
 * @example { $and: [{ year: { $gte: 1990 } }, { author: "Ada" }, { "#document": { $contains: "engine" } }] }
 */
export type Where =
  | { readonly $and: readonly Where[] }
  | { readonly $or: readonly Where[] }
  | { readonly "#document": DocumentComparison }
  | { readonly [key: string]: MetadataScalar | ValueComparison };

/** Which records, by their documents. */
export type WhereDocument =
  | DocumentComparison
  | { readonly $and: readonly WhereDocument[] }
  | { readonly $or: readonly WhereDocument[] };

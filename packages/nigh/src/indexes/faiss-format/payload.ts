import { NighError } from "../../shared/errors.js";
import type { Metric } from "../vector-index.js";
import type { FieldReader } from "./field-reader.js";

/** What a payload is: vectors to be found, those of one list of an IVF index, its centroids, or 8-bit codes of vectors. */
export type PayloadRole = "vectors" | "list" | "centroids" | "codes";

/** Number of an inverted list, and its vectors. */
export type ListSize = readonly [list: number, size: number];

/** Where the vectors of an inverted list belong. */
export interface ListPlace {
  readonly list: number;
  /** How many lists there are. */
  readonly nlist: number;
  /** Those of them that are not empty, by ascending number; the file has all of their vectors. */
  readonly sizes: readonly ListSize[];
}

/** A row-major payload of a file that is about to be read: [rows x d], float32, or uint8 for codes. */
export interface Payload {
  readonly role: PayloadRole;
  readonly rows: number;
  readonly d: number;
  /** What the vectors are compared by. */
  readonly metric: Metric;
  /** Whether a graph leads to the vectors. */
  readonly inGraph: boolean;
  /** Of a list only. */
  readonly place?: ListPlace | undefined;
  /** rows * d * 4, or rows * d for codes; so many bytes are in the file. */
  readonly byteLength: number;
  /**
   * Fills `bytes` completely with what comes next, straight from the file. Only while the payload is being received.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` when it is longer than what is left, or the time has passed.
   */
  readInto(bytes: Uint8Array): void;
}

/** Reads a payload, all or a part of it, in one piece or in several; what it does not read is skipped. */
export type Receive<P> = (payload: Payload) => P;

/** Hands a payload to its receiver when the file has all of it. */
export function receivePayload<P>(
  reader: FieldReader,
  receive: Receive<P>,
  about: Omit<Payload, "byteLength" | "inGraph" | "readInto"> & { readonly inGraph?: boolean },
): P {
  const { role, rows, d } = about;
  const rowBytes = role === "codes" ? d : 4 * d;
  reader.expectItems(`the ${role}`, rows, rowBytes);
  let left = rows * rowBytes;
  const payload: Payload = {
    inGraph: false,
    ...about,
    byteLength: left,
    readInto(bytes) {
      if (bytes.length > left) {
        throw new NighError(
          "ERR_INVALID_ARGUMENT",
          `${bytes.length} bytes of a payload were asked for, ${left} are left to read.`,
        );
      }
      reader.source.readInto(bytes);
      left -= bytes.length;
    },
  };
  const received = receive(payload);
  const unread = left;
  left = 0;
  reader.source.skip(unread);
  return received;
}

/**
 * How the bench talks to a process that encodes: one JSON object a line. When its model has given a
 * first vector the process writes its ready line; then it answers each request with an
 * {@link encoded} line, until its stdin ends. peers/encode_peer.py speaks the same.
 */
import { z } from "zod";

export interface EncodeRequest {
  /** A JSON file with the array of texts; it is read before the clock starts. */
  readonly texts: string;
  /** Where to write the vectors as little-endian float32, row after row; not timed. */
  readonly vectors: string | null;
}

export const encoded = z.object({
  /** Wall clock and processor time, all threads, of the encoding alone. */
  seconds: z.number().positive(),
  cpuSeconds: z.number().nonnegative(),
  rows: z.int(),
  columns: z.int(),
  /** Sum of the absolute values of all vectors: every round must come to the same. */
  checksum: z.number(),
});
export type Encoded = z.infer<typeof encoded>;

import { cosineSimilarity, dotScore, euclideanDistance } from "../../kernels/similarity.js";
import { throwIfAborted } from "../../shared/abort.js";
import { NighError } from "../../shared/errors.js";
import { checkSignal, checkTypes } from "../../shared/options.js";
import type { CollectionRow } from "../../store/collection-row.js";
import { changeCollection } from "../../store/collection-row.js";
import {
  type CalibrateOptions,
  type CollectionCalibration,
  calibrateScores,
  interpretCalibrate,
} from "../calibration/calibrate.js";
import { checkLabelledPairs, type LabelledPair } from "../calibration/labelled-pairs.js";
import { type BoundEmbedder, checkEmbedder, type EmbedOptions } from "./bound-embedder.js";
import { checkTexts } from "./check-records.js";
import { calibrationOf, hnswOf, type Space, withCalibration } from "./configuration.js";
import type { OpenCollection } from "./open-collection.js";

export interface CalibrateCollectionOptions extends CalibrateOptions, EmbedOptions {}

const WHERE = "calibrate";

/** Scores the pairs as a search does, calibrates by them, and keeps that with the collection. */
export async function calibrateCollection(
  collection: OpenCollection,
  pairs: readonly LabelledPair[],
  options: CalibrateCollectionOptions,
): Promise<CollectionCalibration> {
  const optimized = interpretCalibrate(WHERE, options, ["showProgressBar", "onProgress", "signal"]);
  checkTypes(WHERE, options, { showProgressBar: "boolean", onProgress: "function" });
  checkSignal(WHERE, options.signal);
  throwIfAborted(options.signal);
  checkLabelledPairs(WHERE, pairs, { both: true });
  const copied = pairs.map(({ sentence1, sentence2, label }) => ({ sentence1, sentence2, label }));
  const embedder = await collection.embedder(WHERE);
  const { optimize: _, ...embedding } = options;
  const scores = await scoresOf(
    embedder,
    hnswOf(collection.row).space,
    copied.map(({ sentence1 }) => sentence1),
    copied.map(({ sentence2 }) => sentence2),
    embedding,
  );
  const labelled = copied.map(({ label }, i) => ({ score: scores[i] as number, label }));
  const { name, fingerprint } = embedder.identity;
  const calibration = {
    ...calibrateScores(WHERE, labelled, optimized),
    embedder: { name, fingerprint },
  };
  await collection.database.writeAtOnce((db) => {
    const row = collection.find(db);
    checkEmbedder(row, embedder);
    changeCollection(db, row, { configuration: withCalibration(row, calibration) });
    collection.find(db);
  });
  return calibration;
}

/** Each text is embedded once. */
async function scoresOf(
  embedder: BoundEmbedder,
  space: Space,
  queries: readonly string[],
  documents: readonly string[],
  options: EmbedOptions,
): Promise<number[]> {
  const first = checkTexts(WHERE, "sentence1", [...new Set(queries)]);
  const second = checkTexts(WHERE, "sentence2", [...new Set(documents)]);
  const asked = await embedder.queries(first);
  const found = await embedder.documents(second, options);
  const placeOf = (texts: readonly string[]) => new Map(texts.map((text, i) => [text, i]));
  const [queryRows, documentRows] = [placeOf(first), placeOf(second)];
  return queries.map((query, i) => {
    const left = asked.row(queryRows.get(query) as number);
    const right = found.row(documentRows.get(documents[i] as string) as number);
    if (space === "cosine") return cosineSimilarity(left, right);
    return space === "ip" ? dotScore(left, right) : -(euclideanDistance(left, right) ** 2);
  });
}

/**
 * The calibration that is valid for a collection's scores.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when there is none, `ERR_EMBEDDER` when it is of another embedder than the vectors.
 */
export function validCalibration(where: string, row: CollectionRow): CollectionCalibration {
  const calibration = calibrationOf(row);
  if (calibration === null) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the collection "${row.name}" is not calibrated, so there is no threshold "calibrated": call calibrate(pairs) first (nigh calibrate --pairs FILE), or give a number.`,
    );
  }
  const { embedder } = row;
  if (embedder === null || embedder.fingerprint === calibration.embedder.fingerprint) {
    return calibration;
  }
  throw new NighError(
    "ERR_EMBEDDER",
    `${where}: the collection "${row.name}" was calibrated by scores of "${calibration.embedder.name}" (fingerprint ${calibration.embedder.fingerprint.slice(0, 12)}); its vectors are those of "${embedder.name}" (${embedder.fingerprint.slice(0, 12)}), whose scores mean something else: call calibrate(pairs) anew (nigh calibrate --pairs FILE).`,
  );
}

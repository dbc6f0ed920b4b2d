/** Real embeddings: what the indexes are for. */
import { SentenceTransformer } from "nigh";
import { sentencesOfMostLengths } from "../sotu-texts.js";
import { COLUMNS, type VectorFile, writeChunks } from "./vector-file.js";

/** Encodes different sentences of the State of the Union addresses in fp32: first the vectors, then the queries. */
export async function makeSentenceVectors(vectors: VectorFile, queries: VectorFile): Promise<void> {
  const model = await SentenceTransformer.load("all-MiniLM-L6-v2", { dtype: "fp32" });
  const { data } = await model.encode(sentencesOfMostLengths(vectors.rows + queries.rows));
  await model.close();
  writeChunks(vectors.file, [data.subarray(0, vectors.rows * COLUMNS)]);
  writeChunks(queries.file, [data.subarray(vectors.rows * COLUMNS)]);
}

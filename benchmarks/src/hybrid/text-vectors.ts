/** Vectors of texts by the bundled model: made once, kept in benchmarks/.cache. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Dtype, type LongText, Matrix, SentenceTransformer } from "nigh";
import { CACHE, COLUMNS, hasRows, readRows, writeChunks } from "../indexes/vector-file.js";

const MODEL = "all-MiniLM-L6-v2";

export async function textVectors(
  name: string,
  texts: readonly string[],
  onStep: (step: string) => void,
  longText: LongText = "truncate",
  dtype: Dtype = "fp32",
): Promise<Matrix> {
  // What is not the default alone, so that vectors of before are found.
  const others = [longText, dtype].filter((name) => name !== "truncate" && name !== "fp32");
  const hash = createHash("sha256")
    .update(JSON.stringify([MODEL, texts, ...others]))
    .digest("hex");
  const file = join(CACHE, `${name}-${hash.slice(0, 12)}-${texts.length}x${COLUMNS}.f32`);
  if (!hasRows({ file, rows: texts.length })) {
    onStep(`encoding ${texts.length.toLocaleString("en")} texts of ${name}, once`);
    const model = await SentenceTransformer.load(MODEL, { longText, dtype });
    const { data } = await model.encode(texts);
    await model.close();
    writeChunks(file, [data]);
  }
  return new Matrix(readRows(file, 0, texts.length), texts.length, COLUMNS);
}

/** Vectors of texts by the bundled model in fp32: made once, kept in benchmarks/.cache. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type LongText, Matrix, SentenceTransformer } from "nigh";
import { CACHE, COLUMNS, hasRows, readRows, writeChunks } from "../indexes/vector-file.js";

const MODEL = "all-MiniLM-L6-v2";

export async function textVectors(
  name: string,
  texts: readonly string[],
  onStep: (step: string) => void,
  longText: LongText = "truncate",
): Promise<Matrix> {
  const hash = createHash("sha256")
    .update(JSON.stringify(longText === "truncate" ? [MODEL, texts] : [MODEL, texts, longText]))
    .digest("hex");
  const file = join(CACHE, `${name}-${hash.slice(0, 12)}-${texts.length}x${COLUMNS}.f32`);
  if (!hasRows({ file, rows: texts.length })) {
    onStep(`encoding ${texts.length.toLocaleString("en")} texts of ${name}, once`);
    const model = await SentenceTransformer.load(MODEL, { longText });
    const { data } = await model.encode(texts);
    await model.close();
    writeChunks(file, [data]);
  }
  return new Matrix(readRows(file, 0, texts.length), texts.length, COLUMNS);
}

/**
 * Makes the bundled model package from the original model folder: the same layout, weights cast to
 * float16, a calibration for int8, and checksums of it all.
 *
 *   node scripts/make-model-package.mjs ORIGINAL_FOLDER      (after npm run build)
 */
import { createHash } from "node:crypto";
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { CALIBRATION_FILE, encodeCalibration } from "../packages/nigh/dist/encoder/calibration.js";
import { toFloat16Bits, toFloat32 } from "../packages/nigh/dist/encoder/float-formats.js";
import { loadWeights } from "../packages/nigh/dist/encoder/model-files.js";
import { readModelFolder } from "../packages/nigh/dist/encoder/model-folder.js";
import { calibrate } from "../packages/nigh/dist/encoder/program.js";
import { loadRuntime } from "../packages/nigh/dist/encoder/runtime.js";
import { readSafetensors } from "../packages/nigh/dist/encoder/safetensors.js";
import { writeSafetensors } from "../packages/nigh/dist/encoder/write-safetensors.js";

const [source] = process.argv.slice(2);
if (source === undefined) {
  console.error("usage: node scripts/make-model-package.mjs ORIGINAL_FOLDER");
  process.exit(2);
}
const packageFolder = resolve(import.meta.dirname, "../packages/model-all-minilm-l6-v2");
// Made beside the old one, which is replaced when all is there.
const target = await mkdtemp(join(packageFolder, "new-"));

/** What sentence-transformers reads of a folder, and the model card. */
const COPIED = [
  "README.md",
  "config.json",
  "config_sentence_transformers.json",
  "data_config.json",
  "modules.json",
  "sentence_bert_config.json",
  "special_tokens_map.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.txt",
  "1_Pooling/config.json",
];

await mkdir(join(target, "1_Pooling"));
for (const name of COPIED) await copyFile(join(source, name), join(target, name));
const original = await readFile(join(source, "model.safetensors"));
const weights = castToFloat16(original);
await writeFile(join(target, "model.safetensors"), weights);

const folder = await readModelFolder(target);
const { weights: opened } = await loadWeights(folder);
const calibration = await calibrate(folder, opened, await loadRuntime("native"));
opened.close();
await writeFile(join(target, CALIBRATION_FILE), encodeCalibration(calibration));

const files = (await readdir(target, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
const sums = await Promise.all(
  files.map(async (path) => `${sha256(await readFile(path))}  ${relative(target, path)}\n`),
);
await writeFile(join(target, "SHA256SUMS"), sums.join(""));
await rm(join(packageFolder, "model"), { recursive: true, force: true });
await rename(target, join(packageFolder, "model"));
console.log(`original model.safetensors  sha256 ${sha256(original)}`);
console.log(`float16  model.safetensors  sha256 ${sha256(weights)}, ${weights.length} bytes`);

/** Only weights are cast; position ids and the like are no weights and are left out, as the encoder reads none. */
function castToFloat16(file) {
  const { tensors } = readSafetensors(file, "model.safetensors");
  const cast = [...tensors.values()]
    .filter((tensor) => tensor.type === "F32")
    .map((tensor) => {
      const bits = toFloat16Bits(toFloat32(file, tensor));
      if (bits.some((half) => (half & 0x7c00) === 0x7c00)) {
        throw new Error(`${tensor.name} has values beyond float16`);
      }
      return { name: tensor.name, type: "F16", shape: tensor.shape, data: bits };
    });
  return writeSafetensors(cast, { format: "pt" });
}

function sha256(data) {
  return createHash("sha256").update(data).digest("hex");
}

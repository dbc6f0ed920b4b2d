// Replaces the passages of a database by those of a version, and is killed before the n-th thing that it
// does with a file. Arguments: folder, version, n (0: never).
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { Matrix, PassageDatabase } from "nigh";

const [folder, version, fatal] = process.argv.slice(2);
const COUNT = 200;
const embedder = {
  name: "counting",
  fingerprint: "counting",
  dimension: 8,
  encodeDocument: async (texts) =>
    new Matrix(new Float32Array(texts.length * 8).fill(Number(version)), texts.length, 8),
};

const database = await PassageDatabase.open(folder);
let steps = 0;
for (const name of ["mkdir", "open", "readFile", "readdir", "rename", "rm"]) {
  const original = files[name];
  files[name] = (...given) => {
    if (++steps === Number(fatal)) process.kill(process.pid, "SIGKILL");
    return original(...given);
  };
}
syncBuiltinESMExports();
const passages = Array.from({ length: COUNT }, (_, i) => ({
  id: `log#${i}`,
  documentId: "log",
  text: `line ${i} of version ${version}`,
  metadata: { version: Number(version) },
}));
await database.index(passages, embedder);
console.log("stored");

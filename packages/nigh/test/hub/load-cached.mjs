// Loads a model and encodes a text, as a program of its own: node load-cached.mjs NAME OPTIONS
import { SentenceTransformer } from "nigh";

const model = await SentenceTransformer.load(process.argv[2], JSON.parse(process.argv[3] ?? "{}"));
const vector = await model.encode("a text");
await model.close();
process.stdout.write(String(vector.length));

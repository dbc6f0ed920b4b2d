// Loads a model and encodes; never calls close(). Arguments: the model, the runtime ("default": none is asked for), the precision, the threads.
import { SentenceTransformer } from "nigh";

const [name = "all-MiniLM-L6-v2", runtime = "default", dtype = "fp32", threads = "2"] =
  process.argv.slice(2);
const texts = ["The cat sat on the mat.", "A feline rested on the rug."];
// More than fits into one batch, so that several threads start.
const filling = Array.from({ length: 12 }, (_, i) => `${i} ${"word ".repeat(60)}`);

const model = await SentenceTransformer.load(name, {
  dtype,
  threads: Number(threads),
  ...(runtime === "default" ? {} : { runtime }),
});
const vectors = await model.encode([...texts, ...filling]);
console.log(JSON.stringify({ runtime: model.runtime, vectors: vectors.toArray().slice(0, 2) }));

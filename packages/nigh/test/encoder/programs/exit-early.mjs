// Leaves in the middle of an encode. Arguments: how ("exit" or "throw"), the model, the runtime.
import { SentenceTransformer } from "nigh";

const [how, name, runtime] = process.argv.slice(2);
const model = await SentenceTransformer.load(name, { threads: 2, runtime });
const texts = Array.from({ length: 1000 }, (_, i) => `${i} ${"word ".repeat(60)}`);
let batches = 0;
await model.encode(texts, {
  onProgress: () => {
    if (++batches < 2) return;
    if (how === "exit") process.exit(3);
    setImmediate(() => {
      throw new Error("an error that nobody catches");
    });
  },
});
console.log("the encode came to its end");

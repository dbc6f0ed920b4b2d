// Starts an encode that nobody awaits; the program ends when it has ended.
import { SentenceTransformer } from "nigh";

SentenceTransformer.load("all-MiniLM-L6-v2", { threads: 2 }).then((model) => {
  const texts = Array.from({ length: 100 }, (_, i) => `${i} ${"word ".repeat(60)}`);
  model.encode(texts).then((vectors) => console.log(vectors.shape.join(" x ")));
});

// Leaves while a model is being loaded. Argument: when. "call": right after the call; "made", "online": when its first
// thread is made, or runs; a number: after this part of the time that a load before took.
import { SentenceTransformer } from "nigh";

const [when] = process.argv.slice(2);
const load = () => SentenceTransformer.load("all-MiniLM-L6-v2", { threads: 2, dtype: "int8" });
const leave = () => process.exit(3);

if (Number(when) > 0) {
  const start = performance.now();
  const model = await load();
  const elapsed = performance.now() - start;
  await model.close();
  setTimeout(leave, Number(when) * elapsed);
}
if (when === "made") process.on("worker", leave);
if (when === "online") process.on("worker", (worker) => worker.on("online", leave));
load().then(() => console.log("the load came to its end"));
if (when === "call") leave();

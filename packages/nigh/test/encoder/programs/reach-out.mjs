// Reaches for the network in the ways that programs do, in this thread and in another: the recorder must see all of them.
import { connect } from "node:net";
import { isMainThread, Worker } from "node:worker_threads";

const attempt = async (work) => {
  try {
    await work();
  } catch {
    // That is what the recorder does.
  }
};
await attempt(() => fetch("http://127.0.0.1:9/"));
await attempt(() => connect(9, "127.0.0.1").on("error", () => undefined));
await attempt(async () => (await import("node:dns")).promises.lookup("example.invalid"));
await attempt(async () =>
  (await import("node:https")).get("https://127.0.0.1:9/").on("error", () => undefined),
);
if (isMainThread) new Worker(new URL(import.meta.url));

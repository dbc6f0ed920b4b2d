// Measures how long the event loop keeps a 1 ms timer waiting while texts are encoded. Argument: what is encoded
// ("sentences" or "megabytes"), again and again for three seconds. Prints milliseconds as JSON. Reads /proc: Linux only.
import { openSync, readFileSync, readSync } from "node:fs";
import { availableParallelism } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { SentenceTransformer } from "nigh";

const [what] = process.argv.slice(2);
const texts =
  what === "megabytes"
    ? Array.from(
        { length: 32 },
        (_, i) => `${i} ${"The lighthouse keeper counts the waves. ".repeat(26_000)}`,
      )
    : Array.from(
        { length: 2000 },
        (_, i) =>
          `Sentence ${i}: the lighthouse keeper counts the waves until the morning comes, ${i % 7} of them.`,
      );

const model = await SentenceTransformer.load("all-MiniLM-L6-v2");
const kept = openKept();
const histogram = monitorEventLoopDelay({ resolution: 1 });
const waits = [];
let running = true;
let last = performance.now();
let lastKept = kept.read();
function tick() {
  const now = performance.now();
  const nowKept = kept.read();
  // What the operating system kept this thread from a core is not what the program did to its event loop.
  waits.push({ wait: now - last - 1, own: now - last - 1 - (nowKept - lastKept) });
  last = now;
  lastKept = nowKept;
  if (running) setTimeout(tick, 1);
}

const start = performance.now();
const [busyBefore, cpuBefore] = [machineBusy(), process.cpuUsage()];
histogram.enable();
setTimeout(tick, 1);
let encodes = 0;
while (performance.now() - start < 3000) {
  await model.encode(texts);
  encodes++;
}
running = false;
tick();
histogram.disable();
const elapsed = performance.now() - start;
const cpu = process.cpuUsage(cpuBefore);
const others = machineBusy() - busyBefore - (cpu.user + cpu.system) / 1000;

const sorted = waits.map(({ wait }) => wait).sort((a, b) => a - b);
console.log(
  JSON.stringify({
    longest: sorted.at(-1),
    p99: sorted[Math.floor(sorted.length * 0.99)],
    longestOwn: Math.max(...waits.map(({ own }) => own)),
    timers: waits.length,
    encodes,
    monitor: { max: histogram.max / 1e6, p99: histogram.percentile(99) / 1e6 },
    // Share of the machine's cores that other programs used meanwhile.
    others: Math.max(0, others) / elapsed / availableParallelism(),
    elapsed,
  }),
);

/** Milliseconds for which this thread was ready and had no core. */
function openKept() {
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`);
  const bytes = Buffer.alloc(128);
  const read = () => {
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return Number(bytes.toString("latin1", 0, length).split(" ")[1]) / 1e6;
  };
  return { read };
}

/** Milliseconds for which cores were busy since the machine started, or were taken by other virtual machines. */
function machineBusy() {
  const [, user, nice, system, , , irq, softIrq, stolen] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)[0]
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softIrq + stolen) * 10;
}

/**
 * The worker that all of nigh runs in. It is loaded with the first message: bundlers put code that is shared with onnxruntime into this
 * file, so that its threads load it too, and these are sent none of ours.
 */
import type { Message } from "./messages.js";
import type { Port } from "./peer.js";

const scope = globalThis as unknown as Port;
/** What came before all was loaded. */
const early: MessageEvent[] = [];
let deliver = (event: MessageEvent): void => {
  early.push(event);
};
let isLoading = false;

async function load(): Promise<void> {
  const { serve } = await import("./host.js");
  serve({
    postMessage: (message, transfer) => scope.postMessage(message, transfer),
    addEventListener(_type, listener) {
      deliver = listener;
      for (const event of early.splice(0)) listener(event);
    },
  });
}

scope.addEventListener("message", (event) => {
  const { kind } = (event.data ?? {}) as Partial<Message>;
  if (kind === undefined) return;
  deliver(event);
  if (isLoading) return;
  isLoading = true;
  // A failure ends the worker, which the page is told of.
  load().catch((error) => setTimeout(() => Promise.reject(error)));
});

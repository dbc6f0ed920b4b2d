/** The thread that a model runs in. The event loop of the program stays free. */
import { parentPort, workerData } from "node:worker_threads";
import { EncoderService } from "../encoder-service.js";
import type { RequestMessage } from "../worker-messages.js";
import type { WorkerSetup } from "./encoder-thread.js";
import { markIdle } from "./exit-guard.js";

const { busy, ...setup } = workerData as WorkerSetup;
const service = new EncoderService(setup);

parentPort?.on("message", async (message: RequestMessage) => {
  const answered = await service.answer(message);
  markIdle(busy);
  parentPort?.postMessage(answered);
});

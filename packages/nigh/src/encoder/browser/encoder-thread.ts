import { nextTurn } from "#shared/turns";
import { EncoderService } from "../encoder-service.js";
import type { AnswerMessage, EncoderSetup, RequestMessage } from "../worker-messages.js";

/** All of nigh runs in a worker here, and WebAssembly shares the work of a batch among its own threads. */
export const MOST_THREADS = 1;

/** A model's service in this thread, which is asked one thing at a time. */
export class EncoderThread {
  readonly #service: EncoderService;
  readonly #onAnswer: (answer: AnswerMessage) => void;

  constructor(
    setup: EncoderSetup,
    onAnswer: (answer: AnswerMessage) => void,
    _onFailure: (cause: Error) => void,
  ) {
    this.#service = new EncoderService(setup);
    this.#onAnswer = onAnswer;
  }

  post(message: RequestMessage): void {
    // Else the page's messages would wait until all texts are encoded, those that stop it among them.
    void nextTurn()
      .then(() => this.#service.answer(message))
      .then(this.#onAnswer);
  }

  async end(): Promise<void> {}
}

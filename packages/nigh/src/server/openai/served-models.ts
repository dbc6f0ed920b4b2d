import { NighError, SentenceTransformer } from "../../index.js";
import { notFound } from "../http-error.js";

/** The models that texts are embedded with, loaded when they are first asked for. */
export class ServedModels {
  readonly names: readonly string[];
  readonly #loading = new Map<string, Promise<SentenceTransformer>>();
  #isClosed = false;

  constructor(names: readonly string[]) {
    this.names = names;
  }

  /** @throws HttpError 404 for another model; NighError as `SentenceTransformer.load`. */
  get(name: string): Promise<SentenceTransformer> {
    if (this.#isClosed) throw new NighError("ERR_CLOSED", "The server is closing.");
    if (!this.names.includes(name)) {
      throw notFound(
        `The model ${JSON.stringify(name.slice(0, 200))} is not served here: there is ${this.names.join(", ")}.`,
      );
    }
    const known = this.#loading.get(name);
    if (known !== undefined) return known;
    const loading = SentenceTransformer.load(name);
    this.#loading.set(name, loading);
    // A failure is not kept: the next request tries again.
    loading.catch(() => this.#loading.delete(name));
    return loading;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const loaded = await Promise.allSettled(this.#loading.values());
    for (const result of loaded) if (result.status === "fulfilled") await result.value.close();
  }
}

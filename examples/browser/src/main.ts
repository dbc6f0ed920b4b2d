import { type Collection, NighError, PersistentClient, SentenceTransformer } from "nigh/browser";
import { NOTES } from "./notes.js";

const query = element("query", HTMLInputElement);
const note = element("note", HTMLInputElement);
const form = element("form", HTMLFormElement);
const clear = element("clear", HTMLButtonElement);
const answers = element("answers", HTMLOListElement);
const progress = element("progress", HTMLProgressElement);
const status = element("status", HTMLOutputElement);

try {
  await start();
} catch (error) {
  // Such as ERR_BUSY, where another tab has the notes: the message says what to do.
  status.value = error instanceof NighError ? `${error.message} [${error.code}]` : String(error);
}

async function start(): Promise<void> {
  progress.hidden = false;
  const model = await SentenceTransformer.load("all-MiniLM-L6-v2", {
    onProgress: ({ done, total }) => {
      progress.max = total;
      progress.value = done;
      status.value = `Loading the model: ${megabytes(done)} of ${megabytes(total)}`;
    },
  });
  progress.hidden = true;
  const client = new PersistentClient({ path: "example" });
  const notes = await client.getOrCreateCollection({ name: "notes", embeddingFunction: model });
  if ((await notes.count()) === 0) await add(notes, NOTES);

  query.addEventListener("input", () => show(notes));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await add(notes, [note.value]);
    note.value = "";
    await show(notes);
  });
  clear.addEventListener("click", async () => {
    const { ids } = await notes.get({ include: [] });
    await notes.delete({ ids });
    await show(notes);
  });
  for (const control of [query, note, ...form.querySelectorAll("button")]) control.disabled = false;
  await show(notes);
}

async function add(notes: Collection, documents: readonly string[]): Promise<void> {
  await notes.add({ ids: documents.map(() => crypto.randomUUID()), documents });
}

/** The notes nearest in meaning to what is typed. A slow answer to what was typed before does not replace a newer one. */
async function show(notes: Collection): Promise<void> {
  const asked = query.value;
  const start = performance.now();
  const rows =
    asked.trim() === "" ? [] : await notes.search({ query: asked, mode: "semantic", limit: 5 });
  const count = await notes.count();
  if (asked !== query.value) return;
  const took =
    rows.length === 0 ? "" : `, searched in ${(performance.now() - start).toFixed(0)} ms`;
  status.value = `${count} notes${took}`;
  answers.replaceChildren(
    ...rows.map(({ document, score }) => {
      const row = make("li");
      row.append(`${document}`);
      const shown = make("output");
      shown.value = score.toFixed(3);
      row.prepend(shown);
      return row;
    }),
  );
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K): HTMLElementTagNameMap[K] {
  return globalThis.document.createElement(tag);
}

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = globalThis.document.getElementById(id);
  if (found instanceof type) return found;
  throw new TypeError(`the page has no ${id}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

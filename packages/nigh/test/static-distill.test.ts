import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cosineSimilarity, distill, SentenceTransformer } from "nigh";
import { describe, expect, it } from "vitest";
import { nigh } from "./cli/run-nigh.js";
import { fixture } from "./encoder/fixtures.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const TEACHER = fixture("models/tiny-bert-prompts");
/** The id of [UNK] there, which static models drop. */
const UNKNOWN = 1;
const STATIC = fixture("models/static-model2vec");

const folder = temporaryFolder();

describe("distill", () => {
  it("makes a static model that reads texts as its teacher does, without special and unknown tokens", async () => {
    const out = join(folder, "made");
    const totals: number[] = [];
    const made = await distill(TEACHER, out, {
      dimensions: 10,
      onProgress: ({ done, total }) => totals.push(done / total),
    });
    expect(made).toMatchObject({ folder: out, teacher: TEACHER, dimension: 10 });
    expect(totals.at(-1)).toBe(1);
    expect(made.agreement.pairs).toBe(
      (made.agreement.sentences * (made.agreement.sentences - 1)) / 2,
    );
    expect(Math.abs(made.agreement.spearman)).toBeLessThanOrEqual(1);

    const [teacher, student] = [
      await SentenceTransformer.load(TEACHER),
      await SentenceTransformer.load(out),
    ];
    const texts = ["The Harbour froze, in January.", "naïve façade", ""];
    const read = await teacher.tokenize(texts);
    const own = await student.tokenize(texts);
    const words = (ids: Int32Array) => [...ids.slice(1, -1)].filter((id) => id !== UNKNOWN);
    expect(own.map(({ ids }) => [...ids])).toEqual(read.map(({ ids }) => words(ids)));
    expect(student.dimension).toBe(10);
    const vector = await student.encode(texts[0] as string);
    expect(cosineSimilarity(vector, vector)).toBeCloseTo(1, 6);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    await Promise.all([teacher.close(), student.close()]);
  });

  it("writes nothing over what is there: ERR_EXISTS", async () => {
    await writeFile(join(folder, "mine.txt"), "mine");
    await expect(distill(TEACHER, folder)).rejects.toMatchObject({ code: "ERR_EXISTS" });
  });

  it("writes nothing when it is stopped: ERR_ABORTED", async () => {
    const stop = new AbortController();
    const work = distill(TEACHER, join(folder, "stopped"), {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(work).rejects.toMatchObject({ code: "ERR_ABORTED" });
    expect((await readdir(folder)).filter((name) => name.startsWith("stopped"))).toEqual([]);
  });

  it.each([
    ["a model that is static already", STATIC, {}, "ERR_UNSUPPORTED_MODEL"],
    ["more dimensions than the model has", TEACHER, { dimensions: 5000 }, "ERR_INVALID_ARGUMENT"],
    ["an unknown option", TEACHER, { dimension: 10 }, "ERR_UNKNOWN_OPTION"],
  ])("refuses %s", async (_, teacher, options: object, code) => {
    await expect(distill(teacher, join(folder, "refused"), options)).rejects.toMatchObject({
      code,
    });
  });

  it("is a command, which prints the agreement with the teacher", async () => {
    const out = join(folder, "by-command");
    const { code, stdout } = await nigh([
      "models",
      "distill",
      TEACHER,
      "--out",
      out,
      "--dimensions",
      "8",
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/tokens of 8 dimensions/u);
    expect(stdout).toMatch(/Spearman -?\d\.\d{3} over 3,655 pairs of 86 sentences/u);
  });
});

describe("a static model", () => {
  it("lets others have a turn while it encodes, and stops when it is told", async () => {
    const model = await SentenceTransformer.load(STATIC);
    const texts = Array.from({ length: 60_000 }, (_, i) => `ship ${i} and the storm`);
    const stop = new AbortController();
    setImmediate(() => stop.abort());
    await expect(model.encode(texts, { signal: stop.signal })).rejects.toMatchObject({
      code: "ERR_ABORTED",
    });
    await model.close();
    await expect(model.encode("ship")).rejects.toMatchObject({ code: "ERR_CLOSED" });
  });

  it("refuses int8: it runs in float32 only", async () => {
    const load = SentenceTransformer.load(STATIC, { dtype: "int8" });
    await expect(load).rejects.toMatchObject({ code: "ERR_UNSUPPORTED_MODEL" });
  });
});

import { chmodSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { readDocuments } from "../src/ingest/read-documents.js";
import { folderOf, readAll, readOne } from "./ingest/files.js";

describe("the files of a folder", () => {
  it("are read in the order of their names, folders among them", async () => {
    const folder = folderOf({
      "b.txt": "b",
      "B.txt": "B",
      "a/z.txt": "z",
      "a/deep/er/x.TXT": "x",
      "c.text": "c",
      "10.txt": "10",
      "9.txt": "9",
    });
    const { documents } = await readAll(folder);
    expect(documents.map((d) => d.text)).toEqual(["10", "9", "B", "x", "z", "b", "c"]);
  });

  it("are passed over when hidden or in node_modules, but read when named", async () => {
    const folder = folderOf({ ".git/a.txt": "x", ".b.txt": "named", "node_modules/c.txt": "x" });
    expect(await readAll(folder)).toEqual({ documents: [], problems: [] });
    expect((await readAll(join(folder, ".b.txt"))).documents).toHaveLength(1);
  });

  it("are reported as skipped when their type is unknown, or they are empty", async () => {
    const folder = folderOf({ "a.png": "x", LICENSE: "x", "c.txt": " \n", "d.jsonl": "\n\n" });
    const { documents, problems } = await readAll(folder);
    expect(documents).toEqual([]);
    expect(problems).toMatchObject(
      [
        {
          kind: "skipped",
          source: `${folder}/LICENSE`,
          reason: /no file-name ending; known are .*\.md/,
        },
        { kind: "skipped", source: `${folder}/a.png`, reason: /unknown ending "\.png"/ },
        { kind: "skipped", source: `${folder}/c.txt`, reason: /empty/ },
        { kind: "skipped", source: `${folder}/d.jsonl`, reason: /empty/ },
      ].map((p) => ({ ...p, type: "problem", reason: expect.stringMatching(p.reason) })),
    );
  });

  it("are read once, even when two paths lead to them", async () => {
    const folder = folderOf({ "a.txt": "a", "sub/b.txt": "b" });
    const paths = [join(folder, "sub", "b.txt"), folder, `${folder}/./sub`];
    expect((await readAll(paths)).documents.map((d) => d.text)).toEqual(["b", "a"]);
  });

  it("have their path relative to the working folder as id, however it was spelled", async () => {
    const folder = folderOf({ "sub/a.txt": "a" });
    const before = process.cwd();
    process.chdir(folder);
    try {
      for (const path of [".", "sub", "./sub/../sub/a.txt", join(process.cwd(), "sub")]) {
        expect((await readAll(path)).documents[0]).toMatchObject({ id: "sub/a.txt" });
      }
    } finally {
      process.chdir(before);
    }
    expect((await readAll(relative(before, folder))).documents[0]?.id).toBe(`${folder}/sub/a.txt`);
  });

  it("are followed through links, but not in circles", async () => {
    const folder = folderOf({ "a.txt": "a" });
    symlinkSync(join(folder, "a.txt"), join(folder, "b.txt"));
    symlinkSync(folder, join(folder, "circle"));
    symlinkSync(join(folder, "nowhere"), join(folder, "dead.txt"));
    const { documents, problems } = await readAll(folder);
    expect(documents.map((d) => d.text)).toEqual(["a", "a"]);
    expect(problems).toMatchObject([
      {
        kind: "skipped",
        source: `${folder}/circle`,
        reason: expect.stringMatching(/link to a folder/),
      },
      { kind: "bad", source: `${folder}/dead.txt`, reason: expect.stringMatching(/ENOENT/) },
    ]);
  });

  it("may be sockets: skipped inside a folder, an error when named", async () => {
    const folder = folderOf({ "a.txt": "a" });
    const socket = join(folder, "s.txt");
    const server = createServer();
    await new Promise<void>((done) => server.listen(socket, done));
    try {
      const { documents, problems } = await readAll(folder);
      expect(documents).toHaveLength(1);
      expect(problems).toMatchObject([{ kind: "skipped", reason: "is a socket; expected a file" }]);
      await expect(readAll(socket)).rejects.toMatchObject({
        code: "ERR_FILE",
        message: `"${socket}" is a socket; expected a file or a folder.`,
      });
    } finally {
      await new Promise((done) => server.close(done));
    }
  });

  it("are a problem when they are gone by the time they are opened", async () => {
    const folder = folderOf({ "a.txt": "a", "b.txt": "b", "c.jsonl": "{}", "d.txt": "d" });
    const seen: unknown[] = [];
    for await (const found of readDocuments([folder])) {
      if (seen.length === 0) for (const name of ["b.txt", "c.jsonl"]) rmSync(join(folder, name));
      seen.push(found);
    }
    const reason = expect.stringMatching(/cannot be read: ENOENT/);
    expect(seen).toMatchObject([
      { text: "a" },
      { kind: "bad", source: `${folder}/b.txt`, reason },
      { kind: "bad", source: `${folder}/c.jsonl`, reason },
      { text: "d" },
    ]);
  });

  it.skipIf(process.getuid?.() === 0)("are a problem when they cannot be opened", async () => {
    const folder = folderOf({ "a.txt": "a", "b.txt": "b" });
    chmodSync(join(folder, "a.txt"), 0);
    const { documents, problems } = await readAll(folder);
    expect(documents).toHaveLength(1);
    expect(problems).toMatchObject([{ kind: "bad", reason: expect.stringMatching(/EACCES/) }]);
  });
});

describe("readDocuments", () => {
  it("names a missing path, before it reads any other", async () => {
    const folder = folderOf({ "a.txt": "a" });
    const missing = join(folder, "no-such-notes");
    const reading = readDocuments([folder, missing]).next();
    await expect(reading).rejects.toMatchObject({
      code: "ERR_FILE",
      message: expect.stringContaining(`"${missing}"`),
    });
    await expect(readAll(join(folder, "a.txt", "b"))).rejects.toMatchObject({ code: "ERR_FILE" });
  });

  it("refuses unknown options and what is not a list of paths at once", () => {
    const read = readDocuments as (paths: unknown, options?: unknown) => unknown;
    expect(() => read(["."], { textfield: "x" })).toThrow(/Did you mean "textField"/);
    expect(() => read(["."], { idField: "" })).toThrow(/"idField" must be the name of a field/);
    expect(() => read("notes")).toThrow(/must be an array of non-empty strings, found the string/);
    expect(() => read([""])).toThrow(/must be an array of non-empty strings/);
  });

  it.each([
    ["between files", { "a.txt": "a", "b.txt": "b" }],
    ["within a file", { "a.jsonl": '{"text":"some words"}\n'.repeat(100_000) }],
  ])("stops %s when its signal fires", async (_, files) => {
    const controller = new AbortController();
    const reading = readDocuments([folderOf(files)], { signal: controller.signal });
    await reading.next();
    controller.abort();
    const rest = (async () => {
      for await (const _ of reading);
    })();
    await expect(rest).rejects.toMatchObject({ name: "NighError", code: "ERR_ABORTED" });
  });
});

describe("a text file", () => {
  it("is one document with \\n line ends and without its byte order mark", async () => {
    const { documents, path } = await readOne("a.txt", "\ufeffOne.\r\n\r\nTwo.\rThree ü");
    expect(documents).toEqual([
      { type: "document", id: path, text: "One.\n\nTwo.\nThree ü", metadata: {}, source: path },
    ]);
  });

  it.each([
    [
      "binary",
      Buffer.from("abc\0def"),
      "is binary (byte 3 is NUL); expected UTF-8 text",
      undefined,
    ],
    ["UTF-16", Buffer.from("\ufeffabc", "utf16le"), "is UTF-16; convert it to UTF-8", undefined],
    [
      "Latin-1",
      Buffer.from("a\nb\ncaf\xe9\nd", "latin1"),
      "is not valid UTF-8; convert it to UTF-8",
      3,
    ],
  ])("that is %s is a problem", async (_, bytes, reason, line) => {
    for (const name of ["a.txt", "a.md"]) {
      const { documents, problems, path } = await readOne(name, bytes);
      expect(documents).toEqual([]);
      const where = line === undefined ? {} : { line };
      expect(problems).toEqual([{ type: "problem", kind: "bad", source: path, ...where, reason }]);
    }
  });

  it("of more than 64 MB is a problem that names the limit", async () => {
    const { problems } = await readOne("a.txt", Buffer.alloc(64 * 2 ** 20 + 1, "a "));
    expect(problems[0]?.reason).toMatch(/has 64 MB; expected at most 64 MB/);
  });
});

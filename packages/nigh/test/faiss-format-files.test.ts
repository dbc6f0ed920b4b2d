import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ByteSource,
  bytesOf,
  copy,
  decodeIndex,
  encodeIndex,
  errorOf,
  FIXTURES,
  MemorySource,
  readable,
  readFile,
  writeFile,
} from "./indexes/faiss-files.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

describe("an index file", () => {
  const folder = temporaryFolder();

  it.each(readable)("$name is read and written as in memory", ({ name }) => {
    const path = join(folder, `${name}.faiss`);
    const index = readFile(join(FIXTURES, `${name}.faiss`), (source) => decodeIndex(source, copy));
    writeFile(path, (sink) => encodeIndex(sink, index));
    expect(readFileSync(path).equals(bytesOf(name))).toBe(true);
  });

  it("gives what was written, for pieces of all sizes", () => {
    const path = join(folder, "pieces");
    const pieces = fc.array(fc.oneof(fc.nat(100), fc.nat(200_000)), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, pieces, (written, read) => {
        const total = written.reduce((sum, length) => sum + length, 0);
        const bytes = Uint8Array.from({ length: total }, (_, i) => (i * 7919) >> 5);
        writeFile(path, (sink) => {
          let at = 0;
          for (const length of written) {
            sink.write(bytes.subarray(at, at + length));
            at += length;
          }
        });
        readFile(path, (source) => {
          expect(source.size).toBe(total);
          for (const length of read) {
            const piece = new Uint8Array(Math.min(length, source.remaining));
            const at = source.position;
            if (length % 3 === 0) source.skip(piece.length);
            else source.readInto(piece);
            if (length % 3 !== 0) {
              expect(Buffer.compare(piece, bytes.subarray(at, at + piece.length))).toBe(0);
            }
          }
        });
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it.each([
    ["in memory", (use: (source: ByteSource) => void) => use(new MemorySource(new Uint8Array(9)))],
    [
      "on the disk",
      (use: (source: ByteSource) => void) => {
        writeFileSync(join(folder, "nine"), new Uint8Array(9));
        readFile(join(folder, "nine"), use);
      },
    ],
  ])("%s ends with ERR_INDEX_FORMAT, not with fewer bytes", (_, withSource) => {
    withSource((source) => {
      source.readInto(new Uint8Array(5));
      expect(errorOf(() => source.readInto(new Uint8Array(5))).code).toBe("ERR_INDEX_FORMAT");
      expect(errorOf(() => source.skip(5)).code).toBe("ERR_INDEX_FORMAT");
      expect(source.remaining).toBe(4);
    });
  });

  it("stays as it was when writing fails, and nothing is left beside it", () => {
    const path = join(folder, "kept");
    writeFileSync(path, "before");
    const before = readdirSync(folder);
    const fail = () =>
      writeFile(path, (sink) => {
        sink.write(new Uint8Array(100_000));
        throw new Error("the index");
      });
    expect(fail).toThrow("the index");
    expect(readFileSync(path, "utf8")).toBe("before");
    expect(readdirSync(folder)).toEqual(before);
  });

  it.each([
    ["that is not there", "missing"],
    ["that is a folder", "."],
  ])("%s gives ERR_FILE with its path", (_, name) => {
    const path = join(folder, name);
    const error = errorOf(() => readFile(path, () => undefined));
    expect(error.code).toBe("ERR_FILE");
    expect(error.message).toContain(path);
  });

  it("cannot be written into a folder that is not there: ERR_FILE", () => {
    const path = join(folder, "missing", "index.faiss");
    expect(errorOf(() => writeFile(path, () => undefined)).code).toBe("ERR_FILE");
  });
});

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NIGH_PACKAGE, REPOSITORY, readJson } from "./encoder/fixtures.js";
import { run } from "./encoder/run-program.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const README = readFileSync(join(REPOSITORY, "README.md"), "utf8");

describe("README.md", () => {
  const programs = [...README.matchAll(/```ts\n(.*?)```\s+It prints `(.*?)`/gsu)];

  it("has three programs", () => {
    expect(programs).toHaveLength(3);
    expect([...README.matchAll(/```ts\n/gu)]).toHaveLength(3);
  });

  it.each(programs)("has a program that prints the line that it says: %#", async (...program) => {
    const [, code = "", printed] = program;
    const folder = temporaryFolder();
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(NIGH_PACKAGE, join(folder, "node_modules/nigh"), "junction");
    const path = join(folder, "program.mjs");
    writeFileSync(path, code);
    const ended = await run(path, { folder });
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.stdout).toBe(`${printed}\n`);
  });

  it("names the commands that nigh --help names", async () => {
    const rows = [...README.matchAll(/^\| `nigh (\w+)/gmu)].map(([, name]) => name);
    const help = (await run(join(NIGH_PACKAGE, "bin/nigh.js"), { args: ["--help"] })).stdout;
    const [, list = ""] = help.split("Commands:\n");
    const commands = [...list.matchAll(/^ {2}(\w+)/gmu)].map(([, name]) => name);
    expect(commands.length).toBeGreaterThan(0);
    expect(rows.sort()).toEqual(commands.filter((name) => name !== "help").sort());
  });
});

describe("the root's Markdown files", () => {
  const files = readdirSync(REPOSITORY).filter((name) => name.endsWith(".md"));
  const textOf = (name: string): string => readFileSync(join(REPOSITORY, name), "utf8");

  it("name only scripts that package.json has", () => {
    const { scripts } = readJson<{ scripts: object }>(join(REPOSITORY, "package.json"));
    const named = files.flatMap((file) =>
      [...textOf(file).matchAll(/npm (?:run ([\w:-]+)|(test)\b)/gu)].map(
        ([, script, test]) => `${file}: ${script ?? test}`,
      ),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((one) => !((one.split(": ")[1] as string) in scripts))).toEqual([]);
  });

  it("link only to files that are there", () => {
    const links = files.flatMap((file) =>
      [...textOf(file).matchAll(/\]\(([^)\s]+)\)/gu)]
        .map(([, target = ""]) => target.replace(/#.*/u, ""))
        .filter((target) => target !== "" && !/^[a-z]+:/u.test(target))
        .map((target) => ({ file, target })),
    );
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter(({ target }) => !existsSync(join(REPOSITORY, target)))).toEqual([]);
  });
});

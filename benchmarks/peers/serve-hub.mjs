// A Hugging Face Hub on loopback, that of nigh's tests: node serve-hub.mjs ID FOLDER [ID FOLDER …] serves model folders, prints its
// address and runs until its input ends.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const source = fileURLToPath(
  new URL("../../packages/nigh/test/hub/hub-server.ts", import.meta.url),
);
const { outputText } = ts.transpileModule(readFileSync(source, "utf8"), {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
});
const program = join(mkdtempSync(join(tmpdir(), "nigh-hub-")), "hub-server.mjs");
writeFileSync(program, outputText);
const { filesOf, HubServer } = await import(pathToFileURL(program).href);

const server = await HubServer.start();
const given = process.argv.slice(2);
for (let i = 0; i < given.length; i += 2) server.commit(given[i], filesOf(given[i + 1]));
console.log(server.url);
process.stdin.resume().on("end", () => process.exit());

/** docs/benchmarks.md: each subject owns what lies between its two markers. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

const DOCS = resolve(import.meta.dirname, "../../docs");
const PAGE = join(DOCS, "benchmarks.md");

/** Throws where the page lacks a subject's markers: to be called before minutes are spent on measuring. */
export async function requireSection(subject: string): Promise<void> {
  findSection(await readFile(PAGE, "utf8"), subject);
}

/** Replaces the section of a subject. */
export async function writeSection(subject: string, markdown: string): Promise<string> {
  const page = await readFile(PAGE, "utf8");
  const { from, to } = findSection(page, subject);
  await writeFile(PAGE, `${page.slice(0, from)}\n\n${markdown.trim()}\n\n${page.slice(to)}`);
  return PAGE;
}

/** What lies between the markers. */
function findSection(page: string, subject: string): { from: number; to: number } {
  const start = `<!-- ${subject}: figures start -->`;
  const end = `<!-- ${subject}: figures end -->`;
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${PAGE} needs the lines "${start}" and "${end}".`);
  return { from: from + start.length, to };
}

/** Writes docs/benchmarks/SUBJECT.svg. */
export async function writePicture(subject: string, svg: string): Promise<string> {
  const path = join(DOCS, "benchmarks", `${subject}.svg`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, svg);
  return path;
}

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = join(import.meta.dirname, "inspect-damaged.mjs");
const PAGE = 16384;

export type Kind = "flip" | "garbage" | "zero page" | "truncate" | "empty" | "header";

export const KINDS: readonly Kind[] = [
  "flip",
  "garbage",
  "zero page",
  "truncate",
  "empty",
  "header",
];

/** Damages a file. */
export function damage(file: string, kind: Kind, random: () => number): string {
  const bytes = readFileSync(file);
  const at = Math.floor(random() * bytes.length);
  const page = at - (at % PAGE);
  if (kind === "flip" || kind === "header") {
    const place = kind === "header" ? Math.floor(random() * Math.min(bytes.length, 100)) : at;
    bytes[place] = (bytes[place] as number) ^ (1 << Math.floor(random() * 8));
    writeFileSync(file, bytes);
    return `a bit of byte ${place}`;
  }
  if (kind === "truncate" || kind === "empty") {
    truncateSync(file, kind === "empty" ? 0 : at);
    return `${at} bytes are left`;
  }
  if (kind === "zero page") bytes.fill(0, page, page + PAGE);
  else for (let i = at; i < Math.min(at + 512, bytes.length); i++) bytes[i] = random() * 256;
  writeFileSync(file, bytes);
  return `page ${page / PAGE + 1}, byte ${at}`;
}

interface Failure {
  readonly isNigh: boolean;
  readonly code: string;
  readonly message: string;
  readonly stack: string;
}

/** How far what is there is from what should be. */
export interface Differences {
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
  readonly answers: number;
}

export interface Inspection {
  readonly shown?: Differences;
  readonly failed?: Failure;
  readonly problems?: readonly { message: string; remedy: string; part: string }[];
  readonly doctorFailed?: Failure;
  readonly saved?: {
    collections: { saved: number; lost: number; lostIds: string[]; partial: unknown[] }[];
    differences: Differences;
  };
  readonly savedProblems?: readonly unknown[];
  readonly saveFailed?: Failure;
}

/** A process that looks at damaged databases: it may crash, or hang. */
export class Inspector {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(expected: string) {
    this.#child = spawn(process.execPath, [PROGRAM, expected], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error("no output of the inspector");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** @throws Error when the process crashes, or takes longer than 30 s. */
  async inspect(path: string): Promise<Inspection> {
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    this.#child.stdin?.write(`${path}\n`);
    const { value, done } = await this.#lines.next();
    clearTimeout(patience);
    if (done) throw new Error(`the process crashed, or hung: ${this.#child.signalCode}`);
    return JSON.parse(value) as Inspection;
  }

  end(): void {
    this.#child.stdin?.end();
  }
}

/** A copy of a database's folder. */
export function copyOf(source: string, target: string): string {
  rmSync(target, { recursive: true, force: true });
  cpSync(source, target, { recursive: true });
  return target;
}

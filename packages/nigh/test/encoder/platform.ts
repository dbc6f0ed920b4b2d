import { existsSync } from "node:fs";

export interface Condition {
  readonly skip: boolean;
  /** The title, with the reason at its end where the test is skipped. */
  title(title: string): string;
}

export function only(holds: boolean, reason: string): Condition {
  return { skip: !holds, title: (title) => (holds ? title : `${title} (skipped: ${reason})`) };
}

/** For tests that ask the operating system what other programs took. */
export const LINUX_ONLY = only(
  existsSync("/proc/self/schedstat") && existsSync("/proc/stat"),
  "only Linux tells what other programs took of the cores",
);

const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };

/** For tests of resident memory: how much of what is freed goes back differs between allocators. */
export const GLIBC_ONLY = only(
  header.glibcVersionRuntime !== undefined,
  "the bounds are those of glibc's allocator",
);

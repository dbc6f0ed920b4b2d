import { existsSync } from "node:fs";

/** Where Chromium and its kin are installed; the variable is for those that lie elsewhere. */
const PLACES = [
  process.env["NIGH_CHROMIUM"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The path of a browser, undefined where there is none. @throws where there has to be one: when CI is set. */
export function findChromium(): string | undefined {
  const found = PLACES.find((path) => path !== "" && existsSync(path));
  if (found === undefined && process.env["CI"]) {
    throw new Error(
      "There is no Chromium, which the tests of nigh/browser need: .ci/run installs it.",
    );
  }
  return found;
}

/** For titles: why tests are skipped. */
export function reasonToSkip(): string {
  return findChromium() === undefined
    ? " (skipped: there is no Chromium here; install it, or say in NIGH_CHROMIUM where it is)"
    : "";
}

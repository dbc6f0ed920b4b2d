import { characterClass } from "./code-points.js";
import { NEWER_THAN_RUST_NORMALIZATION } from "./unicode-tables.js";

const newer = new RegExp(`(${characterClass(NEWER_THAN_RUST_NORMALIZATION)})`, "u");

/**
 * Normalizes as Rust's tokenizers does.
 *
 * Its tables are older than V8's: to it, characters that gained a decomposition or a combining
 * class since then are plain letters that nothing reorders or composes with. They are kept out of
 * V8's hands, which leaves every other character exactly as it was.
 */
export function normalizeForm(text: string, form: "NFC" | "NFD" | "NFKC" | "NFKD"): string {
  if (!newer.test(text)) return text.normalize(form);
  // Splitting at a capturing group puts the separators at the odd places.
  const parts = text.split(newer);
  return parts.map((part, i) => (i % 2 === 1 ? part : part.normalize(form))).join("");
}

/**
 * Lowercases as Rust's tokenizers does: each character alone, so that a capital sigma at the end
 * of a word becomes σ, where JavaScript's toLowerCase gives ς.
 */
export function lowerCase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}

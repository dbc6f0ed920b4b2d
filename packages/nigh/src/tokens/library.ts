import * as tokenizers from "@huggingface/tokenizers";

/** The parts of @huggingface/tokenizers that nigh uses. */
interface Library {
  /** Replaces what a regular expression in the syntax of Rust's tokenizers matches. */
  ReplaceNormalizer: new (config: {
    type: "Replace";
    pattern: { Regex: string };
    content: string;
  }) => { normalize(text: string): string };
}

// Its type declarations import each other without file extensions, which TypeScript does not
// resolve for ES modules; hence the types above.
export const { ReplaceNormalizer } = tokenizers as unknown as Library;

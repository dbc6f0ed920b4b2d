import type { ErrorCode } from "../shared/errors.js";

/** What a page and its worker tell each other. Values are as `wire.ts` writes them. */
export type Message =
  | {
      readonly kind: "call";
      readonly id: number;
      /** Something that the other side keeps; 0 is what it offers from the start. */
      readonly target: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly value: unknown;
      /** Of the target after the call, where it has any. */
      readonly facts: unknown;
    }
  | { readonly kind: "failure"; readonly id: number; readonly error: WireError }
  /** An AbortSignal has fired. */
  | { readonly kind: "abort"; readonly signal: number; readonly reason: unknown }
  /** Something is not needed any more. */
  | { readonly kind: "release"; readonly target: number };

/** An error loses its class on the way. */
export interface WireError {
  /** Undefined for what is no error of nigh's. */
  readonly code: ErrorCode | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: unknown;
}

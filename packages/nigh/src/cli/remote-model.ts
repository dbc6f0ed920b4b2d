import { NighError, OpenAIEmbeddings } from "../index.js";
import type { ModelFlags } from "./options.js";
import { formatCount } from "./print.js";

/** Names that {@link OpenAIEmbeddings} have, too: a collection tells by them what its vectors are from. */
const REMOTE = /^openai(-compatible)?:(.+?)(?:@([1-9]\d*))?$/su;

/** Whether a model's name says that it is behind OpenAI's API. */
export function isRemote(name: string | undefined): boolean {
  return name !== undefined && REMOTE.test(name);
}

/**
 * The model behind OpenAI's API that the flags name, such as openai:text-embedding-3-small or openai:text-embedding-3-large@256, at
 * OPENAI_BASE_URL; undefined where they name another.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for flags of local models; `ERR_CONNECTION` where the environment does not say how to reach it.
 */
export function remoteModel(flags: ModelFlags): OpenAIEmbeddings | undefined {
  const [, compatible, model, dimensions] = REMOTE.exec(flags.model ?? "") ?? [];
  if (model === undefined) return undefined;
  const local = { dtype: "dtype", threads: "threads", longText: "long-text" } as const;
  for (const flag of ["dtype", "threads", "longText"] as const) {
    if (flags[flag] === undefined) continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `--${local[flag]} is for models that run here, and ${flags.model} runs on a server: leave it out.`,
    );
  }
  if (compatible !== undefined && !process.env["OPENAI_BASE_URL"]) {
    throw new NighError(
      "ERR_CONNECTION",
      `${flags.model} is a model of a server with OpenAI's API: say where that is, e.g. OPENAI_BASE_URL=http://localhost:11434/v1.`,
    );
  }
  return new OpenAIEmbeddings({
    model,
    ...(dimensions === undefined ? {} : { dimensions: Number(dimensions) }),
  });
}

/** Says on stderr what was spent, where that is known. */
export function reportUsage({ name, usage }: OpenAIEmbeddings): void {
  const { requests, promptTokens, usd } = usage;
  if (requests === 0 || usd === undefined) return;
  process.stderr.write(
    `${name}: ${formatCount(requests)} request${requests === 1 ? "" : "s"}, ${formatCount(promptTokens)} tokens, about $${formatUsd(usd)}\n`,
  );
}

/** Two digits that count, at least cents. */
function formatUsd(usd: number): string {
  const digits = usd > 0 ? Math.max(2, 1 - Math.floor(Math.log10(usd))) : 2;
  return usd.toFixed(Math.min(digits, 10));
}

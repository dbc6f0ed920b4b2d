import { asArray, asFlag, asObject, type Json } from "./json.js";

/** Parts in the form of tokenizer.json. */
export interface TokenizerParts {
  normalizer: unknown;
  preTokenizer: unknown;
  postProcessor: unknown;
}

// Those that transformers makes a BertTokenizer of, or one that is built the same way.
const BERT_CLASSES = new Set(
  ["Bert", "DistilBert", "Electra", "Lxmert", "MobileBert", "MPNet", "SqueezeBert"].map(
    (model) => `${model}Tokenizer`,
  ),
);

/** Those whose `model_input_names` have token types; a tokenizer of no class of its own has none. */
const CLASSES_WITH_TYPES = new Set(
  ["Bert", "Canine", "Deberta", "DebertaV2", "Electra", "FNet", "LayoutLMv2", "Lxmert", "MarkupLM"]
    .concat(["MobileBert", "SqueezeBert", "Tapas"])
    .map((model) => `${model}Tokenizer`),
);

/** Whether Python gives the token types of a pair to the model. */
export function givesTokenTypes(json: Json, config: Json): boolean {
  const names = config.model_input_names;
  if (Array.isArray(names)) return names.includes("token_type_ids");
  const pythonClass = classOf(config);
  if (pythonClass !== "") return CLASSES_WITH_TYPES.has(pythonClass);
  const model = asObject(json.model, "tokenizer.json: model");
  return !Array.isArray(model.vocab) && !("merges" in model);
}

/** The Python class of a tokenizer, "" where its files name none. */
function classOf(config: Json): string {
  return typeof config.tokenizer_class === "string"
    ? config.tokenizer_class.replace(/Fast$/, "")
    : "";
}

/**
 * The parts that Python would take for a model.
 *
 * Some classes of transformers take only the vocabulary from tokenizer.json and build the rest
 * from tokenizer_config.json, with defaults for what is missing there. Where the two files differ,
 * it is tokenizer_config.json that counts.
 */
export function partsAsInPython(json: Json, config: Json): TokenizerParts {
  const model = asObject(json.model, "tokenizer.json: model");
  const isUnigram = Array.isArray(model.vocab);
  const isBpe = "merges" in model;
  const pythonClass = classOf(config);
  const postProcessor = json.post_processor;
  if (isBpe && (pythonClass === "" || pythonClass === "RobertaTokenizer")) {
    return robertaParts(json, model, config);
  }
  if (isUnigram && pythonClass === "XLMRobertaTokenizer") {
    return { ...xlmRobertaParts(json, config), postProcessor };
  }
  if (!isUnigram && !isBpe && (pythonClass === "" || BERT_CLASSES.has(pythonClass))) {
    return { ...bertParts(config), postProcessor };
  }
  return { normalizer: json.normalizer, preTokenizer: json.pre_tokenizer, postProcessor };
}

function robertaParts(json: Json, model: Json, config: Json): TokenizerParts {
  const vocabulary = asObject(model.vocab, "tokenizer.json: model.vocab");
  const special = (key: string, fallback: string): readonly [string, unknown] => {
    const stored = config[key] ?? fallback;
    const name = typeof stored === "object" ? asObject(stored, "").content : stored;
    const added = asArray(json.added_tokens ?? [], "tokenizer.json: added_tokens").find(
      (token) => asObject(token, "tokenizer.json: added_tokens").content === name,
    );
    return [`${name}`, vocabulary[`${name}`] ?? (added as Json | undefined)?.id];
  };
  return {
    normalizer: null,
    preTokenizer: {
      type: "ByteLevel",
      add_prefix_space: asFlag(
        config.add_prefix_space,
        "tokenizer_config.json: add_prefix_space",
        false,
      ),
    },
    postProcessor: {
      type: "RobertaProcessing",
      cls: special("cls_token", "<s>"),
      sep: special("sep_token", "</s>"),
    },
  };
}

function bertParts(config: Json): Omit<TokenizerParts, "postProcessor"> {
  const flag = (key: string) => asFlag(config[key], `tokenizer_config.json: ${key}`, true);
  return {
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: flag("tokenize_chinese_chars"),
      strip_accents: config.strip_accents,
      lowercase: flag("do_lower_case"),
    },
    preTokenizer: { type: "BertPreTokenizer" },
  };
}

function xlmRobertaParts(json: Json, config: Json): Omit<TokenizerParts, "postProcessor"> {
  const where = "tokenizer_config.json: add_prefix_space";
  const prefixed = asFlag(config.add_prefix_space, where, true);
  return {
    normalizer: findPrecompiled(json.normalizer),
    preTokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "WhitespaceSplit" },
        { type: "Metaspace", prepend_scheme: prefixed ? "always" : "never" },
      ],
    },
  };
}

/** The first "Precompiled" of a normalizer; null, which is none at all, where there is none. */
function findPrecompiled(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const config = asObject(value, "tokenizer.json: normalizer");
  const steps =
    config.type === "Sequence"
      ? asArray(config.normalizers, "tokenizer.json: normalizer.normalizers")
      : [config];
  const isPrecompiled = (step: unknown) =>
    asObject(step, "tokenizer.json: normalizer").type === "Precompiled";
  return steps.find(isPrecompiled) ?? null;
}

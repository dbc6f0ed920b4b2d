"""Makes the tiny cross-encoders of the tests: random weights, and the answers of Python's sentence-transformers.

Run with a Python that has benchmarks/peers/requirements.txt (and onnx, for the exported model), from the root of
the repository:

    python benchmarks/peers/make-tiny-cross-encoders.py [NAME ...]

Writes packages/nigh/test/fixtures/models/NAME and its golden.json. Everything is seeded; a second run writes the
same scores.
"""

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
from sentence_transformers import CrossEncoder
from tokenizers import processors

spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("make-tiny-models.py"))
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)

ABOUT = tiny.ABOUT.replace("make-tiny-models", "make-tiny-cross-encoders")
HIDDEN, INNER, LAYERS, HEADS = 16, 32, 2, 4
# Odd: where both texts are cut, one keeps a token more.
LENGTH = 37

QUERY = "Who counts the waves until morning?"
DOCUMENT = "The lighthouse keeper counts the waves until morning, and writes their number into a book."
LONG = "snow " * 30
LONGER = "the boats come home while a cat sleeps on the warm stones beside the harbour; " * 4

PAIRS = [
    [QUERY, DOCUMENT],
    [QUERY, "A cat sleeps on the warm stones beside the harbour."],
    ["the waves", "the waves"],
    ["", ""],
    ["", DOCUMENT],
    [QUERY, ""],
    [" ", "\t\n"],
    # Cut: the second alone, the first alone, both, and both of the same length.
    [QUERY, LONGER],
    [LONGER, QUERY],
    [LONG, LONGER],
    [LONGER, LONG],
    [LONGER, LONGER],
    ["snow " * 17, "snow " * 17],
    ["snow " * 18, "snow " * 17],
    ["snow " * 17, "snow " * 18],
    ["", LONGER],
    [LONGER, ""],
    ["x" * 120, "unbroken" * 40],
    ["Größere Straßen, café, naïve; cafe\u0301", "Der Leuchtturmwärter zählt die Wellen bis zum Morgen."],
    ["Ночью пошёл снег. Маяк!", "灯台守は朝まで波を数える。猫、港。 𠀀𪛟"],
    ["등대지기는 아침까지 \u1112\u1161\u11ab", "مصباح المنارة يضيء البحر كل ليلة."],
    ["😀👍🏽 👨‍👩‍👧‍👦🏳️‍🌈 ok🫠", "1,024 springs, ½ of ⅷ, 3.14159 and x² — ①②"],
    ["nul\u0000 bell\u0007 zwsp\u200bx bom\ufeffx", "\u00a0no\u00a0break\u3000wide\u2009thin"],
    ["[SEP] [CLS] a [MASK]", "a<mask>b </s> <s> <pad> [PAD] after"],
]
SCRIPTS = range(18, 24)


def tokenizer_of(name):
    """Of a tiny model that is there: trainers of vocabularies do not give the same twice."""
    return transformers.AutoTokenizer.from_pretrained(tiny.MODELS / name, model_max_length=LENGTH)


def word_piece():
    return tokenizer_of("tiny-bert-dense")


def byte_level():
    return tokenizer_of("tiny-roberta")


def unigram():
    """With the pair template that XLM-RoBERTa's tokenizer.json has."""
    tokenizer = tokenizer_of("tiny-xlm-roberta")
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def sizes(tokenizer, **more):
    return dict(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=LENGTH + 3,
        **more,
    )


FAIRSEQ = dict(type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2)


def save(folder, model, tokenizer, **config):
    """A folder as transformers saves it, with more in its config.json."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    tidy(folder)
    path = folder / "config.json"
    tiny.write_json(path, {**json.loads(path.read_text()), **config})


def tidy(folder):
    for extra in ["vocab.json", "merges.txt", "vocab.txt", "special_tokens_map.json", "README.md"]:
        (folder / extra).unlink(missing_ok=True)


def make_bert(folder):
    """As ms-marco-MiniLM: scores are not squashed, says config.json."""
    tokenizer = word_piece()
    config = transformers.BertConfig(num_labels=1, **sizes(tokenizer, pad_token_id=0))
    model = tiny.randomized(transformers.BertForSequenceClassification(config), 21)
    identity = "torch.nn.modules.linear.Identity"
    save(folder, model, tokenizer, sentence_transformers={"activation_fn": identity, "version": "4.1.0"})


def make_roberta(folder):
    """As nli-roberta: three labels."""
    tokenizer = byte_level()
    labels = dict(enumerate(["contradiction", "entailment", "neutral"]))
    config = transformers.RobertaConfig(
        id2label=labels, label2id={name: i for i, name in labels.items()}, **sizes(tokenizer), **FAIRSEQ
    )
    save(folder, tiny.randomized(transformers.RobertaForSequenceClassification(config), 22), tokenizer)


def make_xlm_roberta(folder):
    """As bge-reranker: no word of an activation, one label. In float16."""
    tokenizer = unigram()
    config = transformers.XLMRobertaConfig(num_labels=1, **sizes(tokenizer), **FAIRSEQ)
    save(folder, tiny.randomized(transformers.XLMRobertaForSequenceClassification(config), 23), tokenizer)
    tiny.cast_weights(folder, torch.float16)


def make_distilbert(folder):
    """The activation in the spelling before sentence-transformers 4; the length is that of the positions."""
    tokenizer = word_piece()
    config = transformers.DistilBertConfig(
        vocab_size=len(tokenizer),
        dim=HIDDEN,
        n_layers=LAYERS,
        n_heads=HEADS,
        hidden_dim=INNER,
        max_position_embeddings=LENGTH,
        num_labels=1,
    )
    tokenizer.model_max_length = 512
    model = tiny.randomized(transformers.DistilBertForSequenceClassification(config), 24)
    save(folder, model, tokenizer, sbert_ce_default_activation_function="torch.nn.modules.activation.Tanh")


def make_mpnet(folder):
    """As sentence-transformers 6.x saves a CrossEncoder: modules.json, prompts, a default prompt."""
    tokenizer = word_piece()
    config = transformers.MPNetConfig(num_labels=1, **sizes(tokenizer, pad_token_id=1))
    plain = folder.with_name(f"{folder.name}-plain")
    save(plain, tiny.randomized(transformers.MPNetForSequenceClassification(config), 25), tokenizer)
    prompts = {"query": "question: ", "odd": "👍🏽  "}
    model = CrossEncoder(
        str(plain),
        device="cpu",
        local_files_only=True,
        prompts=prompts,
        default_prompt_name="odd",
        activation_fn=torch.nn.Identity(),
        max_length=29,
    )
    model.save_pretrained(str(folder), create_model_card=False)
    shutil.rmtree(plain)
    tidy(folder)


def make_electra(folder):
    """As ms-marco-electra, with vectors of tokens that are shorter than those of its layers."""
    tokenizer = word_piece()
    config = transformers.ElectraConfig(num_labels=1, embedding_size=12, **sizes(tokenizer, pad_token_id=0))
    save(folder, tiny.randomized(transformers.ElectraForSequenceClassification(config), 26), tokenizer)


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).logits


def make_albert_onnx(folder):
    """An architecture that nigh writes no graph for; two labels."""
    tokenizer = word_piece()
    config = transformers.AlbertConfig(num_labels=2, embedding_size=12, **sizes(tokenizer, pad_token_id=0))
    model = tiny.randomized(transformers.AlbertForSequenceClassification(config), 27)
    save(folder, model, tokenizer)
    golden(folder)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    (folder / "onnx").mkdir()
    dynamic = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Logits(model),
        tuple(torch.ones(2, 7, dtype=torch.long) for _ in names),
        str(folder / "onnx/model.onnx"),
        input_names=names,
        output_names=["logits"],
        dynamic_axes={**{name: dynamic for name in names}, "logits": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    (folder / "model.safetensors").unlink()


FOLDERS = {
    "tiny-cross-bert": make_bert,
    "tiny-cross-roberta": make_roberta,
    "tiny-cross-xlm-roberta": make_xlm_roberta,
    "tiny-cross-distilbert": make_distilbert,
    "tiny-cross-mpnet": make_mpnet,
    "tiny-cross-electra": make_electra,
    "tiny-cross-albert-onnx": make_albert_onnx,
}


# --- answers --------------------------------------------------------------------------------------


def rounded(value):
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.8g}")


def golden(folder):
    model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
    prompted = [[model._resolve_prompt(None, None) or "", pair] for pair in PAIRS]

    def tokens(prompt, pair):
        return model.preprocess([pair], prompt=prompt)

    def predict(**options):
        """One pair at a time: no padding, so that nothing depends on a batch."""
        return [rounded(model.predict([pair], show_progress_bar=False, **options)[0].tolist()) for pair in PAIRS]

    content = {
        "about": ABOUT,
        "max_seq_length": model.max_seq_length,
        "num_labels": model.num_labels,
        "activation": type(model.activation_fn).__name__,
        "pairs": PAIRS,
        "token_ids": [tokens(*one)["input_ids"][0].tolist() for one in prompted],
        "token_type_ids": [
            (features["token_type_ids"][0].tolist() if "token_type_ids" in features else None)
            for features in (tokens(*one) for one in prompted)
        ],
        "logits": predict(activation_fn=torch.nn.Identity()),
        "scores": predict(),
    }
    if model.num_labels > 1:
        content["softmax"] = predict(apply_softmax=True)
    else:
        documents = [PAIRS[i][1] for i in [0, 1, 2, 7, *SCRIPTS]]
        ranked = model.rank(QUERY, documents, top_k=5, return_documents=True, batch_size=1)
        content["rank"] = [{**one, "score": rounded(one["score"])} for one in ranked]
        content["rank_documents"] = documents
    if model.prompts:
        content["prompts"] = model.prompts
        content["default_prompt_name"] = model.default_prompt_name
        content["query_prompt_scores"] = predict(prompt_name="query")
        content["no_prompt_scores"] = predict(prompt="")
    lines = []
    for key, value in content.items():
        if isinstance(value, list):
            items = ",\n".join("  " + json.dumps(one, ensure_ascii=True) for one in value)
            lines.append(f" {json.dumps(key)}: [\n{items}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    (folder / "golden.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    for name in sys.argv[1:] or FOLDERS:
        folder = tiny.MODELS / name
        shutil.rmtree(folder, ignore_errors=True)
        FOLDERS[name](folder)
        if not (folder / "golden.json").exists():
            golden(folder)
        files = [path for path in folder.rglob("*") if path.is_file()]
        print(name, sum(path.stat().st_size for path in files), "bytes in", len(files), "files")

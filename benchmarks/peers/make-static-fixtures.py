"""Makes small static models with random weights, and what Python gets of them: token ids and vectors.

Run with a Python that has model2vec and sentence-transformers, from the root of the repository:

    python benchmarks/peers/make-static-fixtures.py

Writes packages/nigh/test/fixtures/models/static-*, each with golden.json.
"""

import json
import math
import shutil
from pathlib import Path

import model2vec
import numpy as np
import sentence_transformers
import torch
from model2vec import StaticModel
from model2vec.version import __version__ as model2vec_version
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

MODELS = Path(__file__).resolve().parents[2] / "packages/nigh/test/fixtures/models"
RANDOM = np.random.default_rng(6)

TEXTS = [
    "A static model looks the vectors of its tokens up and takes their mean.",
    "The lighthouse keeper wrote down every ship that passed before the storm.",
    "Bees dance to tell each other where the flowers are.",
    "How long does bread keep in a linen bag?",
    "MIXED Case, and   odd\tspaces\nover lines",
    "Crème brûlée für Zürich: naïve façade",
    "3.14159 is not 22/7, but near; e-mail: someone@example.org (or not)!",
    "unbelievably internationalization counterrevolutionaries",
    "Снег идёт, 雪が降る",
    "a",
    "",
    "   ",
    "☃",
    "☃ and ☄ fall on the roof ☃",
    "[CLS] special [MASK] tokens [SEP] in [UNK] the [PAD] text",
    "wwwwwwwwwwwwwwwwwwww" * 12,
    "the ship and the storm and the keeper " * 12,
    "😀 the storm 😀 " * 40,
]

PROMPTS = {"query": "find: ", "document": ""}


def word_piece():
    """A cased-out BERT tokenizer with few tokens, as most English models have."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=260, special_tokens=specials, show_progress=False)
    tokenizer.train_from_iterator([text for text in TEXTS if "☃" not in text and "😀" not in text], trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    return tokenizer


def unigram():
    """As models of many languages have."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=180, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator([text for text in TEXTS if "☃" not in text and "😀" not in text], trainer)
    return tokenizer


def weights(rows, columns):
    return RANDOM.normal(size=(rows, columns)).astype(np.float32)


def fresh(name):
    folder = MODELS / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def finish(folder, golden):
    (folder / "README.md").unlink(missing_ok=True)
    golden["made_with"] = (
        f"benchmarks/peers/make-static-fixtures.py, model2vec {model2vec_version}, "
        f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}"
    )
    (folder / "golden.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(folder.name, size, "bytes")


def rounded(vectors):
    return [[float(f"{float(x):.8g}") for x in row] for row in vectors]


def save_model2vec(name, model, max_length, listed=True):
    folder = fresh(name)
    model.max_length = max_length
    model.config["model_type"] = "model2vec"
    model.save_pretrained(folder)
    if not listed:
        (folder / "modules.json").unlink()
    model = StaticModel.from_pretrained(folder)
    ids = [model.tokenize([text if max_length is None else text[: max_length * model.median_token_length]])[0] for text in TEXTS]
    finish(
        folder,
        {
            "texts": TEXTS,
            "token_ids": ids,
            "max_seq_length": max_length,
            "embeddings": rounded(model.encode(TEXTS)),
        },
    )


def save_static_embedding(name, tokenizer, table, modules, truncate_dim=None, nested=False):
    folder = fresh(name)
    static = StaticEmbedding(tokenizer, embedding_weights=torch.tensor(table))
    model = SentenceTransformer(modules=[static, *modules], prompts=PROMPTS, device="cpu")
    model.save_pretrained(str(folder), create_model_card=False)
    if nested:
        # As versions before 5.x save it.
        inner = folder / "0_StaticEmbedding"
        inner.mkdir()
        for file in ("model.safetensors", "tokenizer.json"):
            (folder / file).rename(inner / file)
        listed = json.loads((folder / "modules.json").read_text())
        listed[0]["path"] = inner.name
        listed[0]["type"] = "sentence_transformers.models.StaticEmbedding"
        (folder / "modules.json").write_text(json.dumps(listed, indent=2))
    if truncate_dim is not None:
        config = folder / "config_sentence_transformers.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "truncate_dim": truncate_dim}, indent=2))
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    encodings = model[0].tokenizer.encode_batch(TEXTS, add_special_tokens=False)
    truncation = model[0].tokenizer.truncation
    vectors = model.encode(TEXTS)
    assert np.allclose(vectors, np.stack([model.encode(text) for text in TEXTS]), atol=2e-3)
    finish(
        folder,
        {
            "texts": TEXTS,
            "token_ids": [encoding.ids for encoding in encodings],
            "max_seq_length": truncation["max_length"] if truncation else None,
            "embeddings": rounded(vectors),
            "queries": rounded(model.encode_query(TEXTS)),
            "truncated_to_5": rounded(model.encode(TEXTS, truncate_dim=5)),
        },
    )


def main():
    words = word_piece()
    pieces = unigram()
    rows, columns = words.get_vocab_size(), 12
    save_model2vec("static-model2vec", StaticModel(weights(rows, columns), words, normalize=True), 512)
    coarse = np.rint(np.clip(40 * weights(rows, columns), -127, 127)).astype(np.int8)
    save_model2vec("static-model2vec-int8", StaticModel(coarse, words, normalize=False), 12, listed=False)
    tokens = pieces.get_vocab_size()
    clustered = StaticModel(
        weights(40, columns).astype(np.float16),
        pieces,
        normalize=True,
        weights=RANDOM.uniform(0.1, 2, size=tokens),
        token_mapping=RANDOM.integers(0, 40, size=tokens),
    )
    save_model2vec("static-model2vec-clustered", clustered, None)

    limited = Tokenizer.from_str(words.to_str())
    limited.enable_truncation(20)
    save_static_embedding("static-embedding", limited, weights(rows, columns), [Normalize()], truncate_dim=8)
    half = weights(tokens, columns).astype(np.float16)
    save_static_embedding("static-embedding-nested", pieces, half, [], nested=True)


main()

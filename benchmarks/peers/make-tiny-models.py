"""Makes the tiny models of the tests: random weights, and the answers of Python's sentence-transformers.

Run with a Python that has benchmarks/peers/requirements.txt (and onnx, for the exported model), from the root of
the repository:

    python benchmarks/peers/make-tiny-models.py [NAME ...]

Writes packages/nigh/test/fixtures/models/NAME and its golden.json, and fixtures/golden/activations.json. Everything is
seeded; a second run writes the same vectors.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy
import sentence_transformers
import torch
import transformers
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "packages/nigh/test/fixtures"
MODELS = FIXTURES / "models"
ABOUT = (
    "Made by benchmarks/peers/make-tiny-models.py with "
    f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__} (CPU, float32)."
)
HIDDEN, INNER, LAYERS, HEADS, POSITIONS = 32, 64, 2, 4, 96

SENTENCES = """
The lighthouse keeper counts the waves until morning, and writes their number into a book.
A cat sleeps on the warm stones beside the harbour while the boats come home.
She baked bread with flour, water, salt and patience; it rose all night.
Who would have thought that snow could be so loud under one's boots?
We're sure they'll say it isn't theirs: that's what he'd do, and I'm with you if you've time.
Trains leave at 7:15, 8:45 and 12:30; the fare is 3.50 for adults and 1.75 for children.
The committee's report of 1998 lists 42 rivers, 17 lakes and 1,024 springs.
Der Leuchtturmwärter zählt die Wellen bis zum Morgen und schläft dann ein.
Größere Straßen führen über die Brücke, kleinere durch den Wald.
Le boulanger pétrit la pâte où naît déjà le goût du café de l'après-midi.
Маяк светит над морем, и лодки возвращаются домой.
Ночью пошёл снег, утром город был белым.
灯台守は朝まで波を数える。猫は港で眠っている。
北京的冬天很冷，但是天空很蓝。
등대지기는 아침까지 파도를 센다.
مصباح المنارة يضيء البحر كل ليلة.
""".strip().split("\n")

TEXTS = [
    "The cat sleeps beside the harbour.",
    "Who counts the waves until morning?",
    "",
    " ",
    "   three   spaces\tand\ttabs\n\n\nlines  ",
    "a  b   c    d",
    "trailing space ",
    "We're sure they'll say it isn't theirs: 'twas HE'S, I'M, you'd've 'S 't",
    "1,024 springs, ½ of ⅷ, 3.14159 and x² — ①②",
    "Größere Straßen, café, naïve; cafe\u0301 o\u0308 q\u0323\u0307",
    "Ночью пошёл снег. Маяк!",
    "灯台守は朝まで波を数える。猫、港。 𠀀𪛟",
    "등대지기는 아침까지 \u1112\u1161\u11ab",
    "مصباح المنارة",
    "😀👍🏽 👨‍👩‍👧‍👦🏳️‍🌈 ok🫠",
    "nul\u0000 bell\u0007 escape\u001b[1m del\u007f nel\u0085x zwsp\u200bx bom\ufeffx",
    "\u00a0no\u00a0break\u3000wide\u2009thin\u202fend",
    "a<mask>b <mask> </s> <s> <pad> after",
    "[MASK] [SEP] <unk>",
    "x" * 120,
    "unbroken" * 40,
    "snow " * 60,
    "!?" * 30 + " ...... ,,,, --",
    "\u0378\ue000\U000f0000\U0010ffff \U0001fbff",
]

PROMPTS = {"query": "question: ", "document": "Wellen: ", "odd": "👍🏽  "}


# --- tokenizers -----------------------------------------------------------------------------------


def byte_level(vocabulary=560):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 4, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return transformers.RobertaTokenizer(
        tokenizer_object=None, **vocab_and_merges(tokenizer), model_max_length=POSITIONS - 2
    )


def vocab_and_merges(tokenizer):
    model = json.loads(tokenizer.to_str())["model"]
    return {"vocab": model["vocab"], "merges": [tuple(merge) for merge in model["merges"]]}


def unigram(vocabulary=500):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 4, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=POSITIONS - 2,
    )


def word_piece(vocabulary=500):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 4, trainer)
    return transformers.BertTokenizer(
        vocab=json.loads(tokenizer.to_str())["model"]["vocab"], model_max_length=POSITIONS
    )


# --- encoders -------------------------------------------------------------------------------------


def randomized(model, seed):
    """Weights that are far from the flat ones of a new model: biases, norms and positions count."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if "norm" in name.lower() and name.endswith("weight"):
                weight.copy_(1 + 0.2 * noise)
            elif name.endswith("bias") or weight.dim() == 1:
                weight.copy_(0.1 * noise)
            elif "embeddings" in name or "relative" in name:
                weight.copy_(0.5 * noise)
            else:
                weight.copy_(noise * 1.5 / weight.shape[-1] ** 0.5)
    return model.eval()


def bert(tokenizer, seed, **config):
    sizes = dict(
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
    )
    made = transformers.BertConfig(vocab_size=len(tokenizer), pad_token_id=0, **{**sizes, **config})
    return randomized(transformers.BertModel(made, add_pooling_layer=False), seed)


def roberta(tokenizer, seed, kind=(transformers.RobertaConfig, transformers.RobertaModel), **config):
    made = kind[0](
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        **config,
    )
    return randomized(kind[1](made, add_pooling_layer=False), seed)


def xlm_roberta(tokenizer, seed, **config):
    return roberta(tokenizer, seed, (transformers.XLMRobertaConfig, transformers.XLMRobertaModel), **config)


def distilbert(tokenizer, seed, **config):
    made = transformers.DistilBertConfig(
        vocab_size=len(tokenizer),
        dim=HIDDEN,
        n_layers=LAYERS,
        n_heads=HEADS,
        hidden_dim=INNER,
        max_position_embeddings=POSITIONS,
        **config,
    )
    return randomized(transformers.DistilBertModel(made), seed)


def mpnet(tokenizer, seed, **config):
    made = transformers.MPNetConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        # Beyond 128 tokens all distances are one bucket.
        max_position_embeddings=182,
        pad_token_id=1,
        **config,
    )
    return randomized(transformers.MPNetModel(made, add_pooling_layer=False), seed)


def albert(tokenizer, seed, **config):
    made = transformers.AlbertConfig(
        vocab_size=len(tokenizer),
        embedding_size=16,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        **config,
    )
    return randomized(transformers.AlbertModel(made, add_pooling_layer=False), seed)


# --- folders --------------------------------------------------------------------------------------

NEW = {
    "Transformer": "sentence_transformers.base.modules.transformer.Transformer",
    "Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
    "Dense": "sentence_transformers.base.modules.dense.Dense",
    "Normalize": "sentence_transformers.base.modules.normalize.Normalize",
    "LayerNorm": "sentence_transformers.sentence_transformer.modules.layer_norm.LayerNorm",
}
OLD = {kind: f"sentence_transformers.models.{kind}" for kind in NEW}
OLD_FLAGS = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"]


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def save(folder, model, tokenizer, modules, names=NEW, options=None, general=None):
    """A model folder; `modules` are (kind, config, weights) behind the Transformer."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for extra in ["vocab.json", "merges.txt", "vocab.txt", "special_tokens_map.json"]:
        (folder / extra).unlink(missing_ok=True)
    listed = [{"idx": 0, "name": "0", "path": "", "type": names["Transformer"]}]
    for i, (kind, config, weights) in enumerate(modules, 1):
        path = f"{i}_{kind}"
        listed.append({"idx": i, "name": str(i), "path": path, "type": names[kind]})
        if config is not None:
            write_json(folder / path / "config.json", config)
        if weights is not None:
            save_file(weights, folder / path / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "modules.json", listed)
    if options is not None:
        write_json(folder / "sentence_bert_config.json", options)
    if general is not None:
        write_json(folder / "config_sentence_transformers.json", general)


def pooling(*modes, **more):
    config = {"embedding_dimension": HIDDEN, "pooling_mode": list(modes) if len(modes) > 1 else modes[0]}
    return ("Pooling", {**config, "include_prompt": True, **more}, None)


def old_pooling(*on):
    flags = {f"pooling_mode_{flag}": flag in on for flag in OLD_FLAGS}
    return ("Pooling", {"word_embedding_dimension": HIDDEN, **flags}, None)


def dense(inputs, outputs, activation, seed, bias=True, **more):
    generator = torch.Generator().manual_seed(seed)
    weights = {"linear.weight": torch.randn(outputs, inputs, generator=generator) / inputs**0.5}
    if bias:
        weights["linear.bias"] = 0.2 * torch.randn(outputs, generator=generator)
    if more.get("use_residual") and inputs != outputs:
        weights["residual.weight"] = torch.randn(outputs, inputs, generator=generator) / inputs**0.5
    config = {"in_features": inputs, "out_features": outputs, "bias": bias}
    if activation is not None:
        config["activation_function"] = activation
    return ("Dense", {**config, **more}, weights)


def layer_norm(size, seed):
    generator = torch.Generator().manual_seed(seed)
    weights = {
        "norm.weight": 1 + 0.3 * torch.randn(size, generator=generator),
        "norm.bias": 0.3 * torch.randn(size, generator=generator),
    }
    return ("LayerNorm", {"dimension": size}, weights)


def general(**more):
    return {"prompts": {"query": "", "document": ""}, "default_prompt_name": None, "similarity_fn_name": "cosine", **more}


def rename_weights(folder, prefix):
    """As a task model saves them: with a prefix, and a head that no one asks for."""
    path = folder / "model.safetensors"
    weights = {f"{prefix}{name}": tensor.clone() for name, tensor in load_file(path).items()}
    save_file({**weights, "head.weight": torch.ones(2, 2)}, path, metadata={"format": "pt"})


def cast_weights(folder, dtype):
    path = folder / "model.safetensors"
    weights = {name: tensor.to(dtype) for name, tensor in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "dtype": "float32"})


def shard_weights(folder, count):
    path = folder / "model.safetensors"
    weights = load_file(path)
    names = sorted(weights)
    weight_map = {}
    for i in range(count):
        file = f"model-{i + 1:05}-of-{count:05}.safetensors"
        part = names[i::count]
        save_file({name: weights[name].clone() for name in part}, folder / file, metadata={"format": "pt"})
        weight_map.update({name: file for name in part})
    size = sum(tensor.nbytes for tensor in weights.values())
    write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": size}, "weight_map": weight_map})
    path.unlink()


class TokenEmbeddings(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state


def export(folder, model):
    """onnx/model.onnx, as optimum names inputs and outputs."""
    names = ["input_ids", "attention_mask", "token_type_ids"]
    (folder / "onnx").mkdir()
    dynamic = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        TokenEmbeddings(model),
        tuple(torch.ones(2, 7, dtype=torch.long) for _ in names),
        str(folder / "onnx/model.onnx"),
        input_names=names,
        output_names=["last_hidden_state"],
        dynamic_axes={name: dynamic for name in [*names, "last_hidden_state"]},
        opset_version=17,
        dynamo=False,
    )
    (folder / "model.safetensors").unlink()


def make_roberta(folder):
    tokenizer = byte_level()
    options = {"max_seq_length": 48, "do_lower_case": False}
    save(folder, roberta(tokenizer, 1), tokenizer, [old_pooling("mean_tokens")], OLD, options, general())
    rename_weights(folder, "roberta.")


def make_roberta_sharded(folder):
    tokenizer = byte_level()
    save(folder, roberta(tokenizer, 2, hidden_act="gelu_new"), tokenizer, [pooling("lasttoken"), ("Normalize", None, None)])
    shard_weights(folder, 3)


def make_xlm_roberta(folder):
    tokenizer = unigram()
    save(folder, xlm_roberta(tokenizer, 3), tokenizer, [pooling("cls"), ("Normalize", None, None)], general=general())


def make_bert_prompts(folder):
    """Every pooling, of the tokens behind the prompt."""
    tokenizer = word_piece()
    modes = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
    save(
        folder,
        bert(tokenizer, 4),
        tokenizer,
        [pooling(*modes, include_prompt=False)],
        general=general(prompts=PROMPTS, default_prompt_name="odd"),
    )


def make_bert_dense(folder):
    """Dense in the spelling before 6.x, as sentence-t5 and LaBSE have it, and a Normalize without a folder."""
    tokenizer = word_piece()
    tanh = "torch.nn.modules.activation.Tanh"
    modules = [old_pooling("cls_token"), dense(HIDDEN, 24, tanh, 5), ("Normalize", None, None)]
    save(folder, bert(tokenizer, 5), tokenizer, modules, OLD, {"max_seq_length": 32, "do_lower_case": False}, general())


def make_bert_modules(folder):
    """Dense on tokens and on texts, with and without bias, LayerNorm; vectors cut short."""
    tokenizer = word_piece()
    activation = "torch.nn.modules.activation."
    tokens = {"module_input_name": "token_embeddings", "module_output_name": "token_embeddings"}
    modules = [
        dense(HIDDEN, 40, f"{activation}ReLU", 6, **tokens),
        ("Normalize", tokens, None),
        ("Pooling", {"embedding_dimension": 40, "pooling_mode": ["mean", "max"], "include_prompt": True}, None),
        dense(80, 48, f"{activation}GELU", 7, bias=False),
        layer_norm(48, 8),
        dense(48, 48, f"{activation}Sigmoid", 9, use_residual=True),
        dense(48, 36, f"{activation}SiLU", 10, use_residual=True),
        dense(36, 36, "torch.nn.modules.linear.Identity", 11),
        dense(36, 32, None, 12),
    ]
    save(
        folder,
        bert(tokenizer, 6, hidden_act="silu"),
        tokenizer,
        modules,
        general=general(similarity_fn_name="dot", truncate_dim=20),
    )


def make_mpnet_float16(folder):
    tokenizer = word_piece()
    tokenizer.model_max_length = 180
    save(folder, mpnet(tokenizer, 7), tokenizer, [pooling("mean"), ("Normalize", None, None)])
    rename_weights(folder, "mpnet.")
    cast_weights(folder, torch.float16)


def make_distilbert_bfloat16(folder):
    tokenizer = word_piece()
    save(folder, distilbert(tokenizer, 8, activation="relu"), tokenizer, [pooling("max")])
    rename_weights(folder, "distilbert.")
    cast_weights(folder, torch.bfloat16)


def make_albert_onnx(folder):
    """An architecture that nigh writes no graph for."""
    tokenizer = word_piece()
    model = albert(tokenizer, 9)
    modules = [pooling("mean", include_prompt=False), dense(HIDDEN, 24, "torch.nn.modules.activation.Tanh", 13)]
    save(folder, model, tokenizer, modules, general=general(prompts=PROMPTS))
    golden(folder)
    export(folder, model)


FOLDERS = {
    "tiny-roberta": make_roberta,
    "tiny-roberta-sharded": make_roberta_sharded,
    "tiny-xlm-roberta": make_xlm_roberta,
    "tiny-bert-prompts": make_bert_prompts,
    "tiny-bert-dense": make_bert_dense,
    "tiny-bert-modules": make_bert_modules,
    "tiny-mpnet-float16": make_mpnet_float16,
    "tiny-distilbert-bfloat16": make_distilbert_bfloat16,
    "tiny-albert-onnx": make_albert_onnx,
}


# --- answers --------------------------------------------------------------------------------------


def rounded(vectors, digits=6):
    return [[float(f"{number:.{digits}g}") for number in vector] for vector in vectors]


def golden(folder):
    path = folder / "golden.json"
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def encode(method, **options):
        """One text at a time: no padding, so that nothing depends on a batch."""
        return rounded([method(text, show_progress_bar=False, **options).tolist() for text in texts])

    texts = TEXTS
    content = {
        "about": ABOUT,
        "max_seq_length": model.max_seq_length,
        "dimension": model.get_embedding_dimension(),
        "similarity": model.similarity_fn_name,
        "texts": texts,
        "token_ids": [model.preprocess([text])["input_ids"][0].tolist() for text in texts],
        "embeddings": encode(model.encode),
    }
    if any(model.prompts.values()):
        content["query_embeddings"] = encode(model.encode_query)
        content["document_embeddings"] = encode(model.encode_document)
    lines = []
    for key, value in content.items():
        if isinstance(value, list):
            items = ",\n".join("  " + json.dumps(one, ensure_ascii=True) for one in value)
            lines.append(f" {json.dumps(key)}: [\n{items}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


ACTIVATIONS = ["gelu", "gelu_fast", "gelu_new", "gelu_python", "gelu_pytorch_tanh", "gelu_accurate", "hardswish"]
ACTIVATIONS += ["leaky_relu", "linear", "mish", "quick_gelu", "relu", "relu2", "relu6", "sigmoid", "silu", "swish", "tanh"]


def activations():
    """tiny-roberta's first vectors with each activation."""
    texts = TEXTS[:2]
    cases = []
    for name in ACTIVATIONS:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(MODELS / "tiny-roberta", folder, dirs_exist_ok=True)
            config = json.loads(Path(folder, "config.json").read_text())
            write_json(Path(folder, "config.json"), {**config, "hidden_act": name})
            model = SentenceTransformer(folder, device="cpu", local_files_only=True)
            cases.append({"name": name, "embeddings": rounded(model.encode(text).tolist() for text in texts)})
    path = FIXTURES / "golden/activations.json"
    lines = ",\n".join("  " + json.dumps(case) for case in cases)
    path.write_text(f'{{\n "about": {json.dumps(ABOUT)},\n "texts": {json.dumps(texts)},\n "cases": [\n{lines}\n ]\n}}\n')
    print(path.relative_to(ROOT), path.stat().st_size, "bytes")


if __name__ == "__main__":
    numpy.random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    for name in sys.argv[1:] or FOLDERS:
        folder = MODELS / name
        FOLDERS[name](folder)
        if not (folder / "golden.json").exists():
            golden(folder)
        files = [path for path in folder.rglob("*") if path.is_file()]
        print(name, sum(path.stat().st_size for path in files), "bytes in", len(files), "files")
    if not sys.argv[1:] or "tiny-roberta" in sys.argv:
        activations()

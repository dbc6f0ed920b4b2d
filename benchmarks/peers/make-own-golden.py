"""Makes what nigh's encoder is held against: vectors, scores and top lists of Python's sentence-transformers.

Run with a Python that has sentence-transformers, from the root of the repository:

    python benchmarks/peers/make-own-golden.py [FOLDER OF all-MiniLM-L6-v2]

The folder is the original model (float32 weights); default ../shared/models/all-MiniLM-L6-v2. Writes
packages/nigh/test/fixtures/golden/{own-tutorial,model-folders,odd-texts}.json.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import sentence_transformers
import torch
from sentence_transformers import SentenceTransformer, util

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "packages/nigh/test/fixtures"
TINY = FIXTURES / "models/tiny-multilingual-bert"
ABOUT = (
    "Made by benchmarks/peers/make-own-golden.py with "
    f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__} (CPU, float32)."
)


def load(folder):
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def rounded(vectors, digits=6):
    """Nested lists of numbers with so many significant digits."""
    if isinstance(vectors, (list, tuple)):
        return [rounded(one, digits) for one in vectors]
    return float(f"{float(vectors):.{digits}g}")


def encode(model, texts, **options):
    """One text at a time: no padding, so that nothing depends on a batch."""
    return [model.encode(text, show_progress_bar=False, **options).tolist() for text in texts]


def write(name, content):
    """JSON with one line for each item of the lists at the top."""
    lines = []
    for key, value in content.items():
        if isinstance(value, list) and value:
            items = ",\n".join("  " + json.dumps(one, ensure_ascii=False) for one in value)
            lines.append(f" {json.dumps(key)}: [\n{items}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    path = FIXTURES / "golden" / name
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(path.relative_to(ROOT), path.stat().st_size, "bytes")


# --- the tutorial: a table of five sentences, and the best three of fifteen documents ----------------

DOCUMENTS = [
    "Sourdough rises slowly because wild yeast ferments the dough overnight.",
    "A sharp knife is safer than a blunt one, since it does not slip.",
    "Glaciers grind the rock beneath them and leave behind wide valleys.",
    "The tide follows the moon, which pulls the oceans as it circles the Earth.",
    "Coral reefs bleach when the water stays too warm for weeks.",
    "A violin's strings are tuned a fifth apart.",
    "Choirs breathe in turn so that a long note never stops.",
    "Index funds spread money over hundreds of companies at low cost.",
    "Inflation means that the same coin buys less bread each year.",
    "A mortgage is a loan with the house itself as the security.",
    "Vaccines teach the immune system to recognise a virus before it strikes.",
    "Sleep helps the brain to file away what was learned in the day.",
    "Bicycles with wide tyres roll more softly over cobbled streets.",
    "Night trains connect the capitals while their passengers rest.",
    "Solar panels turn daylight into electricity, even under thin clouds.",
]

QUESTIONS = [
    "Why does bread dough need so much time?",
    "How can I invest my savings without much risk?",
    "What happens to the sea when the climate warms?",
    "What is a comfortable way to travel between cities?",
]

SENTENCES = [
    "The ferry leaves the harbour at noon.",
    "At twelve o'clock the boat sets out from the port.",
    "My grandmother grows tomatoes on her balcony.",
    "Vegetables can be planted in pots outside a flat.",
    "The judge adjourned the trial until spring.",
]


def tutorial(model):
    documents = model.encode(DOCUMENTS, show_progress_bar=False)
    questions = model.encode(QUESTIONS, show_progress_bar=False)
    queries = []
    for question, hits in zip(QUESTIONS, util.semantic_search(questions, documents, top_k=4)):
        scores = [hit["score"] for hit in hits]
        # Scores may differ by 0.001: the order is only a fact where they differ by more.
        assert all(a - b > 0.004 for a, b in zip(scores, scores[1:])), (question, scores)
        top3 = [{"index": hit["corpus_id"], "score": rounded(hit["score"])} for hit in hits[:3]]
        queries.append({"query": question, "top3": top3})
    five = model.encode(SENTENCES, show_progress_bar=False)
    write(
        "own-tutorial.json",
        {
            "about": ABOUT,
            "model": "all-MiniLM-L6-v2",
            "documents": DOCUMENTS,
            "queries": queries,
            "five": SENTENCES,
            "fiveCosine": rounded(util.cos_sim(five, five).tolist()),
        },
    )


# --- model folders: every setting that sentence-transformers reads, on a tiny model ------------------

FOLDER_TEXTS = [
    "The cat sat on the mat.",
    "UPPER lower MiXeD CaSe",
    "",
    "Ein kurzer Satz über maschinelles Lernen, Быстрая лиса, 日本語.",
    "one two three four five six seven eight nine ten " * 30,
]

OLD_TRANSFORMER = {"max_seq_length": 128, "do_lower_case": False}
GENERAL = json.loads((TINY / "config_sentence_transformers.json").read_text())
TOKENIZER = json.loads((TINY / "tokenizer_config.json").read_text())
NEW_TRANSFORMER = json.loads((TINY / "sentence_bert_config.json").read_text())
CONFIG = json.loads((TINY / "config.json").read_text())
OLD_FLAGS = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"]
OLD_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]
NEW_MODULES = json.loads((TINY / "modules.json").read_text())
NEW_NORMALIZE = "sentence_transformers.base.modules.normalize.Normalize"
NORMALIZE = {"idx": 2, "name": "2", "path": "2_Normalize"}


def pooling(modes, **more):
    return {"1_Pooling/config.json": {"embedding_dimension": 48, "pooling_mode": modes, "include_prompt": True, **more}}


def old_pooling(*on):
    flags = {f"pooling_mode_{flag}": flag in on for flag in OLD_FLAGS}
    return {"1_Pooling/config.json": {"word_embedding_dimension": 48, **flags}}


def tokenizer_length(length):
    """tokenizer_config.json with this model_max_length; None leaves it out."""
    config = {key: value for key, value in TOKENIZER.items() if key != "model_max_length"}
    return {"tokenizer_config.json": config if length is None else {**config, "model_max_length": length}}


def general(**changes):
    return {"config_sentence_transformers.json": {**GENERAL, **changes}}


PROMPTS = {"query": "query: ", "document": "passage: ", "shout": "HEY! "}

# Files by name with their new content; None removes the file.
FOLDERS = {
    "as it is": {},
    "cls": pooling("cls"),
    "max": pooling("max"),
    "mean": pooling("mean"),
    "mean_sqrt_len_tokens": pooling("mean_sqrt_len_tokens"),
    "weightedmean": pooling("weightedmean"),
    "lasttoken": pooling("lasttoken"),
    "mean and max side by side": pooling(["mean", "max"]),
    "lasttoken and cls side by side": pooling(["lasttoken", "cls"]),
    "old flag for cls": old_pooling("cls_token"),
    "old flag for max": old_pooling("max_tokens"),
    "old flag for mean": old_pooling("mean_tokens"),
    "old flag for mean_sqrt_len": old_pooling("mean_sqrt_len_tokens"),
    "old flag for weightedmean": old_pooling("weightedmean_tokens"),
    "old flag for lasttoken": old_pooling("lasttoken"),
    "old flags for mean and max": old_pooling("mean_tokens", "max_tokens"),
    "old flags, none of them on": old_pooling(),
    "old spelling of modules.json and sentence_bert_config.json": {
        "modules.json": OLD_MODULES,
        "sentence_bert_config.json": OLD_TRANSFORMER,
        **old_pooling("mean_tokens"),
    },
    "options under the name sentence_roberta_config.json": {
        "sentence_bert_config.json": None,
        "sentence_roberta_config.json": {"max_seq_length": 11, "do_lower_case": False},
    },
    "max_seq_length 16 in sentence_bert_config.json": {
        "sentence_bert_config.json": {"max_seq_length": 16, "do_lower_case": False},
    },
    "max_seq_length null, model_max_length 24": {
        "sentence_bert_config.json": {"max_seq_length": None, "do_lower_case": False},
        **tokenizer_length(24),
    },
    "model_max_length 24 in tokenizer_config.json": tokenizer_length(24),
    "max_seq_length 16 over model_max_length 24": {
        "sentence_bert_config.json": {"max_seq_length": 16, "do_lower_case": False},
        **tokenizer_length(24),
    },
    "max_seq_length 24 over model_max_length 16": {
        "sentence_bert_config.json": {"max_seq_length": 24, "do_lower_case": False},
        **tokenizer_length(16),
    },
    "no maximum length but the 160 positions": tokenizer_length(None),
    "model_max_length of 10^30 but 160 positions": tokenizer_length(10**30),
    "do_lower_case": {"sentence_bert_config.json": {**NEW_TRANSFORMER, "do_lower_case": True}},
    "hidden_act relu": {"config.json": {**CONFIG, "hidden_act": "relu"}},
    "hidden_act gelu_new": {"config.json": {**CONFIG, "hidden_act": "gelu_new"}},
    "fewer layers than there are weights": {"config.json": {**CONFIG, "num_hidden_layers": 1}},
    "Normalize at the end": {"modules.json": [*NEW_MODULES, {**NORMALIZE, "type": NEW_NORMALIZE}]},
    "Normalize at the end, old spelling": {
        "modules.json": [*OLD_MODULES, {**NORMALIZE, "type": "sentence_transformers.models.Normalize"}],
    },
    "no modules.json": {"modules.json": None, "1_Pooling/config.json": None, **general(prompts=PROMPTS)},
    "no config_sentence_transformers.json": {"config_sentence_transformers.json": None},
    "similarity_fn_name dot": general(similarity_fn_name="dot"),
    "similarity_fn_name euclidean": general(similarity_fn_name="euclidean"),
    "similarity_fn_name manhattan": general(similarity_fn_name="manhattan"),
    "prompts": general(prompts=PROMPTS),
    "prompts and a default prompt": general(prompts=PROMPTS, default_prompt_name="shout"),
    "a default prompt and no others": general(prompts={"shout": "HEY! "}, default_prompt_name="shout"),
    "prompts for query and passage": general(prompts={"query": "query: ", "passage": "passage: "}),
}


def model_folders():
    cases = []
    for name, files in FOLDERS.items():
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(TINY, folder, dirs_exist_ok=True)
            for file, content in files.items():
                path = Path(folder, file)
                if content is None:
                    path.unlink()
                else:
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(json.dumps(content))
            model = load(folder)
            vectors = encode(model, FOLDER_TEXTS)
            case = {
                "name": name,
                "files": files,
                "dimension": len(vectors[0]),
                "maxSeqLength": model.max_seq_length,
                "prompts": model.prompts,
                "similarity": model.similarity_fn_name,
                "embeddings": rounded(vectors),
            }
            if "similarity_fn_name" in name:
                table = model.similarity(torch.tensor(vectors), torch.tensor(vectors))
                case["similarities"] = rounded(table.tolist())
                pairs = model.similarity_pairwise(torch.tensor(vectors), torch.tensor(vectors[::-1]))
                case["pairs"] = rounded(pairs.tolist())
            if "prompt" in name:
                query = [model.encode_query(text).tolist() for text in FOLDER_TEXTS]
                document = [model.encode_document(text).tolist() for text in FOLDER_TEXTS]
                case["queryEmbeddings"] = rounded(query)
                case["documentEmbeddings"] = rounded(document)
            cases.append(case)
    write("model-folders.json", {"about": ABOUT, "texts": FOLDER_TEXTS, "cases": cases})


# --- texts that break encoders ----------------------------------------------------------------------

# A text is a list of [piece, times]: a megabyte needs no megabyte here.
ODD_TEXTS = {
    "an empty text": [],
    "one space": [[" ", 1]],
    "a thousand spaces": [[" ", 1000]],
    "all kinds of blanks": [["\t\n\r\f\v \u00a0\u1680\u2000\u2007\u2028\u2029\u202f\u205f\u3000", 3]],
    "control characters only": [["\u0000\u0001\u0002\u0007\u0008\u001b\u007f\u0080\u009f", 2]],
    "control characters between words": [["red\u0000 gr\u0007een\u001b[1m bl\u200bue\u007f \ufeffend", 1]],
    "private use and unassigned": [["\ue000 \uf8ff \U000fffff \U0010ffff \u0378 word \ufffd \ufffe", 1]],
    "marks without a letter": [["\u0301\u0308\u20dd\ufe0f\u200d", 5], ["a", 1], ["\u0301", 40]],
    "a megabyte of prose": [["The lighthouse keeper counts the waves until morning. ", 19418]],
    "a megabyte without a blank": [["abcdefghij", 104858]],
    "a megabyte of spaces": [[" ", 1048576], ["end", 1]],
    "a megabyte of Chinese": [["海边的灯塔", 69906]],
    "a megabyte of emoji": [["🚀", 262144]],
    "a megabyte of control characters": [["\u0001\u0007", 524288], ["end", 1]],
}


def odd_texts(minilm):
    texts = ["".join(piece * times for piece, times in pieces) for pieces in ODD_TEXTS.values()]
    tiny = load(TINY)
    write(
        "odd-texts.json",
        {
            "about": ABOUT,
            "texts": [{"name": name, "pieces": pieces} for name, pieces in ODD_TEXTS.items()],
            "all-MiniLM-L6-v2": rounded(encode(minilm, texts)),
            "tiny-multilingual-bert": rounded(encode(tiny, texts)),
        },
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared/models/all-MiniLM-L6-v2"
    if not folder.is_dir():
        sys.exit(__doc__)
    minilm = load(folder)
    tutorial(minilm)
    model_folders()
    odd_texts(minilm)

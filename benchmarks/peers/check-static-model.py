"""Loads a static model that nigh distilled with model2vec and sentence-transformers, and compares all three.

    python benchmarks/peers/check-static-model.py FOLDER

Needs Node, and nigh built. Texts are those of the fixtures of make-static-fixtures.py. Ends with 1 where token ids differ or a cosine
is below 0.999999.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from sentence_transformers import SentenceTransformer

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "packages/nigh/test/fixtures/models/static-model2vec/golden.json"
NIGH = """
import { SentenceTransformer } from "nigh";
const [folder, texts] = JSON.parse(process.argv[1]);
const model = await SentenceTransformer.load(folder);
const vectors = await model.encode(texts);
const ids = (await model.tokenize(texts)).map((tokens) => [...tokens.ids]);
console.log(JSON.stringify({ ids, vectors: vectors.toArray() }));
"""


def lowest_cosine(a, b):
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    assert np.array_equal(np.linalg.norm(a, axis=1) == 0, np.linalg.norm(b, axis=1) == 0), "zeros differ"
    return min((a * b).sum(1)[lengths > 0] / lengths[lengths > 0])


def main():
    folder = str(Path(sys.argv[1]).resolve())
    texts = json.loads(TEXTS.read_text(encoding="utf-8"))["texts"]
    command = ["node", "--input-type=module", "-e", NIGH, json.dumps([folder, texts])]
    nigh = json.loads(subprocess.run(command, cwd=ROOT / "benchmarks", check=True, capture_output=True).stdout)

    model2vec = StaticModel.from_pretrained(folder)
    transformers = SentenceTransformer(folder, device="cpu", local_files_only=True)
    same_ids = model2vec.tokenize(texts) == nigh["ids"]
    cosines = {
        "model2vec": lowest_cosine(model2vec.encode(texts), nigh["vectors"]),
        "sentence-transformers": lowest_cosine(transformers.encode(texts), nigh["vectors"]),
    }
    print(f"{len(texts)} texts, token ids {'equal' if same_ids else 'DIFFER'}; lowest cosine of nigh's vectors with:")
    for name, cosine in cosines.items():
        print(f"  {name}: {cosine:.9f}")
    sys.exit(0 if same_ids and min(cosines.values()) >= 0.999999 else 1)


main()

"""Encodes with sentence-transformers, as benchmarks/src/encode/protocol.ts describes.

    python encode_peer.py MODEL_FOLDER THREADS

Loads the model once, then answers one JSON line for each JSON line on stdin.
"""

import json
import platform
import sys
import time
from pathlib import Path

from json_lines import answer, requests

import numpy
import sentence_transformers
import torch
from sentence_transformers import SentenceTransformer


def encode(model, texts):
    return model.encode(texts, batch_size=32, show_progress_bar=False, convert_to_numpy=True)


folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
# .float(): weights that were stored in float16 would otherwise be computed with in float16.
model = SentenceTransformer(folder, device="cpu").float()
encode(model, ["A first vector."])
answer(
    {
        "versions": {
            "Python": platform.python_version(),
            "torch": torch.__version__,
            "sentence-transformers": sentence_transformers.__version__,
        }
    }
)

for request in requests():
    texts = json.loads(Path(request["texts"]).read_text(encoding="utf-8"))
    cpu_before = time.process_time()
    start = time.perf_counter()
    vectors = encode(model, texts)
    seconds = time.perf_counter() - start
    cpu_seconds = time.process_time() - cpu_before
    if request["vectors"] is not None:
        vectors.astype("<f4").tofile(request["vectors"])
    rows, columns = vectors.shape
    answer(
        {
            "seconds": seconds,
            "cpuSeconds": cpu_seconds,
            "rows": rows,
            "columns": columns,
            "checksum": float(numpy.abs(vectors).sum(dtype="float64")),
        }
    )

"""Quantizes vectors with sentence-transformers' quantize_embeddings: what nigh's quantizeEmbeddings is held against, byte for byte.

Run with a Python that has sentence-transformers, from the root of the repository:

    python benchmarks/peers/make-quantized-golden.py

Writes packages/nigh/test/fixtures/golden/quantized-embeddings.json. Floats are written so that reading them gives the same float32.
"""

import json
from pathlib import Path

import numpy as np
import sentence_transformers
from sentence_transformers.util.quantization import quantize_embeddings

TARGET = Path(__file__).resolve().parents[2] / "packages/nigh/test/fixtures/golden/quantized-embeddings.json"
RANDOM = np.random.default_rng(6)
PRECISIONS = ["int8", "uint8", "binary", "ubinary"]


def unit(rows, columns):
    x = RANDOM.normal(size=(rows, columns))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def case(name, vectors, ranges=None, calibration=None):
    given = {"ranges": ranges, "calibration_embeddings": calibration}
    expected = {
        precision: quantize_embeddings(vectors, precision, **given).tolist() for precision in PRECISIONS
    }
    return {
        "name": name,
        "vectors": vectors.tolist(),
        "ranges": None if ranges is None else ranges.tolist(),
        "calibration": None if calibration is None else calibration.tolist(),
        "expected": expected,
    }


def main():
    wide = (RANDOM.normal(size=(12, 21)) * 10.0 ** RANDOM.integers(-20, 20, size=(12, 21))).astype(np.float32)
    flat = unit(8, 10)
    flat[:, [0, 3]] = [0.25, 0.0]
    zeros = unit(6, 9)
    zeros[1] = 0.0
    zeros[2] = -0.0
    tiny = (RANDOM.normal(size=(6, 11)) * 1e-42).astype(np.float32)
    # Numbers on the borders of steps, where one rounding decides.
    borders = (RANDOM.integers(0, 256, size=(40, 13)) * (np.float32(0.3) / 255) - np.float32(0.1)).astype(np.float32)
    far = unit(10, 24)
    cases = [
        case("ranges of the vectors themselves", unit(40, 48)),
        case("384 dimensions", unit(4, 384)),
        case("one dimension", unit(5, 1)),
        case("7 dimensions, a byte not filled", unit(5, 7)),
        case("numbers of all sizes", wide),
        case("dimensions without a range", flat),
        case("zeros of both signs", zeros),
        case("denormal numbers", tiny),
        case("borders of steps", borders),
        case("given ranges, with numbers beyond", far, ranges=np.vstack((far[:3].min(axis=0), far[:3].max(axis=0)))),
        case("given ranges, one vector", far[:1], ranges=np.vstack((far.min(axis=0), far.max(axis=0)))),
        case("ranges in float64", far, ranges=np.vstack((np.full(24, -0.3), np.full(24, 1 / 3)))),
        case("calibration vectors", far, calibration=unit(30, 24) / 2),
        case("no vectors", np.zeros((0, 12), dtype=np.float32)),
    ]
    made_with = f"benchmarks/peers/make-quantized-golden.py, sentence-transformers {sentence_transformers.__version__}, numpy {np.__version__}"
    TARGET.write_text(json.dumps({"made_with": made_with, "cases": cases}) + "\n", encoding="utf-8")
    print(TARGET.name, TARGET.stat().st_size, "bytes")


main()

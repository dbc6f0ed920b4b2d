"""Checks that FAISS reads index files that nigh wrote, and finds in them what it finds in its own.

Run with a Python that has faiss-cpu and numpy, from the root of the repository:

    python benchmarks/peers/check-index-files.py FOLDER

FOLDER holds NAME.faiss for names of packages/nigh/test/fixtures/indexes; an expected.json in FOLDER takes the place of the
one there. Each file must load, give the same labels and distances, and be written by FAISS as the same bytes again.
"""

import json
import sys
from pathlib import Path

import faiss
import numpy as np

FIXTURES = Path(__file__).resolve().parents[2] / "packages/nigh/test/fixtures/indexes"


def problems(path, expected, queries):
    index = faiss.read_index(str(path))
    found = {"kind": type(index).__name__, "ntotal": index.ntotal, "isTrained": bool(index.is_trained)}
    wrong = [f"{name} is {value}, not {expected[name]}" for name, value in found.items() if value != expected[name]]
    if index.is_trained:
        distances, labels = index.search(queries, len(expected["labels"]) // len(queries))
        labels = labels.ravel()
        if labels.tolist() != expected["labels"]:
            wrong.append("other labels")
        known = np.array([np.nan if x is None else x for x in expected["distances"]], dtype="float32")
        if not np.allclose(distances.ravel()[labels >= 0], known[labels >= 0], rtol=1e-6, atol=1e-6):
            wrong.append("other distances")
    if faiss.serialize_index(index).tobytes() != path.read_bytes():
        wrong.append("FAISS writes it otherwise")
    return wrong


def main(folder):
    own = folder / "expected.json"
    expected = json.loads((own if own.exists() else FIXTURES / "expected.json").read_text())
    queries = np.array(expected["queries"], dtype="float32").reshape(-1, expected["d"])
    failed = 0
    files = sorted(folder.glob("*.faiss"))
    for path in files:
        wrong = problems(path, expected["files"][path.stem], queries)
        failed += bool(wrong)
        print(f"{path.name}: {'; '.join(wrong) or 'the same'}")
    print(f"{len(files) - failed} of {len(files)} files are as FAISS has them")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))

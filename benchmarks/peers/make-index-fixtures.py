"""Makes what nigh's index files are held against: small files of FAISS, and what FAISS finds in them.

Run with a Python that has faiss-cpu and numpy, from the root of the repository:

    python benchmarks/peers/make-index-fixtures.py

It writes packages/nigh/test/fixtures/indexes/*.faiss and expected.json: the vectors that the indexes were built from, the
queries, and for each file its parameters and FAISS's distances and labels (-1 and null where there is none). All numbers are multiples of 1/64, so that
JSON keeps them exactly. Files that nigh must refuse have `refused`: what its message has to name.
"""

import json
from pathlib import Path

import faiss
import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "packages/nigh/test/fixtures/indexes"
ROWS, D, QUERIES, K, NLIST = 200, 12, 6, 5, 8
IP, L2 = faiss.METRIC_INNER_PRODUCT, faiss.METRIC_L2

random = np.random.RandomState(20240117)
vectors = (np.round(random.randn(ROWS, D) * 64) / 64).astype("float32")
queries = (np.round(random.randn(QUERIES, D) * 64) / 64).astype("float32")
ids = (np.arange(ROWS) * 7 + 1000).astype("int64")
ids[3] = 2**40 + 5
ids[4] = 2**53 - 1


def quantizer(metric):
    return faiss.IndexFlatIP(D) if metric == IP else faiss.IndexFlatL2(D)


def flat(metric, rows=ROWS):
    index = quantizer(metric)
    index.add(vectors[:rows])
    return index


def ivf(metric, nlist=NLIST, coarse=None):
    index = faiss.IndexIVFFlat(coarse or quantizer(metric), D, nlist, metric)
    index.nprobe = 3
    return index


def ivf_filled(metric, nlist=NLIST, rows=ROWS, coarse=None):
    index = ivf(metric, nlist, coarse)
    index.cp.min_points_per_centroid = 1
    index.train(vectors)
    if rows:
        index.add_with_ids(vectors[:rows], ids[:rows])
    return index


def hnsw(metric, rows=ROWS):
    index = faiss.IndexHNSWFlat(D, 8, metric)
    index.hnsw.efConstruction = 50
    index.hnsw.efSearch = 33
    index.add(vectors[:rows])
    return index


def scalar_quantizer(metric, rows=ROWS, kind=faiss.ScalarQuantizer.QT_8bit):
    index = faiss.IndexScalarQuantizer(D, kind, metric)
    index.train(vectors)
    index.add(vectors[:rows])
    return index


def id_map(kind, inner, rows=ROWS):
    index = kind(inner)
    index.add_with_ids(vectors[:rows], ids[:rows])
    return index


def trained(description, rows=60):
    index = faiss.index_factory(D, description)
    index.train(vectors)
    index.add(vectors[:rows])
    return index


def with_direct_map():
    index = ivf_filled(L2, rows=0)
    index.add(vectors[:30])
    index.make_direct_map()
    return index


def with_ids(*wrong):
    index = ivf_filled(L2, rows=0)
    index.add_with_ids(vectors[: len(wrong)], np.array(wrong, dtype="int64"))
    return index


def other_metric(metric):
    index = faiss.IndexFlat(D, metric)
    index.add(vectors[:20])
    return index


READ = {
    "flat-ip": lambda: flat(IP),
    "flat-l2": lambda: flat(L2),
    "flat-empty": lambda: flat(L2, 0),
    "ivf-flat-ip": lambda: ivf_filled(IP),
    "ivf-flat-l2": lambda: ivf_filled(L2),
    "ivf-flat-sparse": lambda: ivf_filled(L2, nlist=40, rows=12),
    "ivf-flat-empty": lambda: ivf_filled(L2, rows=0),
    "ivf-flat-untrained": lambda: ivf(IP),
    "ivf-hnsw-quantizer": lambda: ivf_filled(L2, coarse=faiss.IndexHNSWFlat(D, 4)),
    "hnsw-ip": lambda: hnsw(IP),
    "hnsw-l2": lambda: hnsw(L2),
    "hnsw-empty": lambda: hnsw(L2, 0),
    "sq8-ip": lambda: scalar_quantizer(IP),
    "sq8-l2": lambda: scalar_quantizer(L2),
    "sq8-untrained": lambda: faiss.IndexScalarQuantizer(D, faiss.ScalarQuantizer.QT_8bit),
    "id-map-flat": lambda: id_map(faiss.IndexIDMap, faiss.IndexFlatIP(D)),
    "id-map2-flat": lambda: id_map(faiss.IndexIDMap2, faiss.IndexFlatL2(D)),
    "id-map-hnsw": lambda: id_map(faiss.IndexIDMap, faiss.IndexHNSWFlat(D, 8), 50),
}
REFUSED = {
    "foreign-pq": (lambda: trained("PQ4x4np"), "IndexPQ"),
    "foreign-ivf-pq": (lambda: trained("IVF4,PQ4x4np"), "IndexIVFPQ"),
    "foreign-ivf-sq": (lambda: trained("IVF4,SQ8"), "IndexIVFScalarQuantizer"),
    "foreign-hnsw-sq": (lambda: trained("HNSW8,SQ8"), "IndexHNSWSQ"),
    "foreign-lsh": (lambda: trained("LSH"), "IndexLSH"),
    "foreign-sq4": (lambda: scalar_quantizer(L2, 60, faiss.ScalarQuantizer.QT_4bit), "QT_4bit"),
    "foreign-l1": (lambda: other_metric(faiss.METRIC_L1), "METRIC_L1"),
    "foreign-direct-map": (with_direct_map, "direct map"),
    "foreign-negative-id": (lambda: with_ids(1, -7), "-7"),
    "foreign-large-id": (lambda: with_ids(2**53), str(2**53)),
}


def parameters(index):
    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexIDMap) else index
    if isinstance(inner, faiss.IndexIVF):
        return {"nlist": inner.nlist, "nprobe": inner.nprobe}
    if isinstance(inner, faiss.IndexHNSW):
        graph = inner.hnsw
        return {"M": graph.nb_neighbors(1), "efConstruction": graph.efConstruction, "efSearch": graph.efSearch}
    return {}


def describe(name, index):
    distances, labels = index.search(queries, K) if index.is_trained else (np.zeros((0, K)), np.zeros((0, K), int))
    return {
        "kind": type(index).__name__,
        "metric": "ip" if index.metric_type == IP else "l2",
        "ntotal": index.ntotal,
        "isTrained": bool(index.is_trained),
        "parameters": parameters(index),
        "distances": [None if i < 0 else float(x) for x, i in zip(distances.ravel(), labels.ravel())],
        "labels": [int(x) for x in labels.ravel()],
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    faiss.omp_set_num_threads(1)
    files = {}
    for name, make in READ.items():
        index = make()
        faiss.write_index(index, str(FOLDER / f"{name}.faiss"))
        files[name] = describe(name, index)
    for name, (make, named) in REFUSED.items():
        faiss.write_index(make(), str(FOLDER / f"{name}.faiss"))
        files[name] = {"refused": named}
    faiss.write_index(hnsw(L2, 40), str(FOLDER / "foreign-no-storage.faiss"), faiss.IO_FLAG_SKIP_STORAGE)
    files["foreign-no-storage"] = {"refused": "storage"}
    binary = faiss.IndexBinaryFlat(64)
    binary.add(np.arange(80, dtype="uint8").reshape(10, 8))
    faiss.write_index_binary(binary, str(FOLDER / "foreign-binary.faiss"))
    files["foreign-binary"] = {"refused": "IndexBinaryFlat"}
    expected = {
        "faiss": faiss.__version__,
        "d": D,
        "k": K,
        "vectors": vectors.ravel().tolist(),
        "ids": ids.tolist(),
        "queries": queries.ravel().tolist(),
        "files": files,
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()

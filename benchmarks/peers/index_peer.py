"""Answers with FAISS and scikit-learn, as benchmarks/src/indexes/protocol.ts describes; one thread.

    python index_peer.py
"""

import gc
import os
import platform
import time
from importlib.metadata import version

from json_lines import answer, requests

import faiss
import numpy
from threadpoolctl import threadpool_info, threadpool_limits

COLUMNS = 384
# Rows that are read and added at once, and rows that IVF learns from for each list: as nigh's process has them.
CHUNK = 50_000
TRAINING_ROWS = 256

indexes = {}


def read_rows(file, start, rows):
    values = numpy.fromfile(file, dtype="<f4", count=rows * COLUMNS, offset=start * COLUMNS * 4)
    return values.reshape(rows, COLUMNS)


def read_all(vectors):
    return read_rows(vectors["file"], 0, vectors["rows"])


def seconds_of(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def empty_index(spec):
    metric = faiss.METRIC_INNER_PRODUCT if spec["metric"] == "ip" else faiss.METRIC_L2
    flat = faiss.IndexFlat(COLUMNS, metric)
    if spec["kind"] == "flat":
        return flat
    if spec["kind"] == "ivf":
        return faiss.IndexIVFFlat(flat, COLUMNS, spec["nlist"], metric)
    index = faiss.IndexHNSWFlat(COLUMNS, spec["m"], metric)
    index.hnsw.efConstruction = spec["efConstruction"]
    return index


def bytes_of(index):
    """FAISS does not count them itself: the sizes of its arrays, without what they reserve for growth."""
    vectors = index.ntotal * COLUMNS * 4
    if isinstance(index, faiss.IndexHNSWFlat):
        graph = index.hnsw
        return vectors + graph.neighbors.size() * 4 + graph.offsets.size() * 8 + graph.levels.size() * 4
    if isinstance(index, faiss.IndexIVFFlat):
        return vectors + index.ntotal * 8 + index.nlist * COLUMNS * 4
    return vectors


def build(request):
    vectors, spec = request["vectors"], request["spec"]
    resident_before = resident_bytes()
    index = empty_index(spec)
    train_seconds = 0.0
    if spec["kind"] == "ivf":
        sample = read_rows(vectors["file"], 0, min(vectors["rows"], TRAINING_ROWS * spec["nlist"]))
        train_seconds = seconds_of(lambda: index.train(sample))
        del sample
    add_seconds = 0.0
    for start in range(0, vectors["rows"], CHUNK):
        chunk = read_rows(vectors["file"], start, min(CHUNK, vectors["rows"] - start))
        add_seconds += seconds_of(lambda: index.add(chunk))
        del chunk
    gc.collect()
    indexes[request["index"]] = index
    return {
        "trainSeconds": train_seconds,
        "addSeconds": add_seconds,
        "bytes": bytes_of(index),
        "residentBytes": resident_bytes() - resident_before,
    }


def search(request):
    index, queries, k = indexes[request["index"]], read_all(request["queries"]), request["k"]
    settings = request["settings"]
    if "nprobe" in settings:
        index.nprobe = settings["nprobe"]
    if "efSearch" in settings:
        index.hnsw.efSearch = settings["efSearch"]
    if request["labels"] is not None:
        index.search(queries, k)[1].astype("<i4").tofile(request["labels"])
    calls = [queries] if request["mode"] == "batch" else numpy.split(queries, len(queries))
    cpu_before = time.process_time()
    seconds = [seconds_of(lambda: index.search(call, k)) for call in calls]
    cpu_seconds = time.process_time() - cpu_before
    return {
        "milliseconds": float(numpy.median(seconds)) * 1000 * len(calls) / len(queries),
        "cpuShare": cpu_seconds / sum(seconds),
    }


def kmeans(request):
    vectors = read_all(request["vectors"])
    train = faiss_kmeans if request["method"] == "faiss" else sklearn_kmeans
    start = time.perf_counter()
    centroids = train(vectors, request)
    seconds = time.perf_counter() - start
    if request["centroids"] is not None:
        centroids.astype("<f4").tofile(request["centroids"])
    return {"seconds": seconds}


def faiss_kmeans(vectors, request):
    clustering = faiss.Kmeans(
        COLUMNS,
        request["k"],
        niter=request["iterations"],
        seed=request["seed"],
        # Without this limit it would learn from 256 vectors a cluster only.
        max_points_per_centroid=len(vectors),
    )
    clustering.train(vectors)
    return clustering.centroids


def sklearn_kmeans(vectors, request):
    # Imported when needed: no other figure is to hold it.
    from sklearn.cluster import KMeans

    clustering = KMeans(
        request["k"],
        init=request["start"],
        n_init=1,
        max_iter=request["iterations"],
        # All iterations, as the others.
        tol=0,
        algorithm="lloyd",
        random_state=request["seed"],
    )
    return clustering.fit(vectors).cluster_centers_


def write(request):
    faiss.write_index(indexes[request["index"]], request["file"])
    return {"bytes": os.path.getsize(request["file"])}


def open_index(request):
    query = read_rows(request["queries"]["file"], 0, 1)
    start = time.perf_counter()
    index = faiss.read_index(request["file"])
    read = time.perf_counter()
    index.search(query, request["k"])
    return {
        "readMilliseconds": (read - start) * 1000,
        "searchMilliseconds": (time.perf_counter() - read) * 1000,
    }


def blas_notes():
    """Which kernels of OpenBLAS multiply matrices here."""
    for library in threadpool_info():
        if library["user_api"] == "blas":
            owner = "FAISS" if "faiss" in library["filepath"] else "NumPy and SciPy"
            yield f"{library['internal_api']} {library['version']} of {owner}, {library['architecture']} kernels"


HANDLERS = {"build": build, "search": search, "kmeans": kmeans, "write": write, "open": open_index}

faiss.omp_set_num_threads(1)
threadpool_limits(limits=1)
answer(
    {
        "versions": {
            "Python": platform.python_version(),
            "faiss-cpu": faiss.__version__,
            "numpy": numpy.__version__,
            "scikit-learn": version("scikit-learn"),
        },
        "notes": [f"compiled for {faiss.get_compile_options().strip()}", *blas_notes()],
    }
)
for request in requests():
    answer(HANDLERS[request["op"]](request))

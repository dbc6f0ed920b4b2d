"""Analyses vectors with sentence-transformers and scikit-learn, one thread: the peer of `npm run bench -- analysis`."""

import json
import platform
import time

from json_lines import answer, requests

import numpy
import sentence_transformers
import sklearn
import torch
from sentence_transformers.util import community_detection, paraphrase_mining_embeddings
from sklearn.cluster import HDBSCAN, AgglomerativeClustering
from sklearn.neighbors import LocalOutlierFactor
from threadpoolctl import threadpool_limits

COLUMNS = 384


def factors(x):
    return (-LocalOutlierFactor().fit(x).negative_outlier_factor_).tolist()


RUN = {
    "communities": lambda x: community_detection(torch.from_numpy(x)),
    "pairs": lambda x: paraphrase_mining_embeddings(torch.from_numpy(x)),
    "hierarchy": lambda x: AgglomerativeClustering(100).fit(x).labels_.tolist(),
    "density": lambda x: HDBSCAN(copy=True).fit(x).labels_.tolist(),
    "outliers": factors,
}


def handle(request):
    vectors = request["vectors"]
    x = numpy.fromfile(vectors["file"], dtype="<f4", count=vectors["rows"] * COLUMNS).reshape(-1, COLUMNS)
    cpu_before = time.process_time()
    start = time.perf_counter()
    found = RUN[request["analysis"]](x)
    seconds = time.perf_counter() - start
    cpu_seconds = time.process_time() - cpu_before
    if request["result"] is not None:
        with open(request["result"], "w", encoding="utf-8") as file:
            json.dump(found, file)
    return {"seconds": seconds, "cpuSeconds": cpu_seconds}


torch.set_num_threads(1)
threadpool_limits(limits=1)
answer(
    {
        "versions": {
            "Python": platform.python_version(),
            "sentence-transformers": sentence_transformers.__version__,
            "torch": torch.__version__,
            "scikit-learn": sklearn.__version__,
            "numpy": numpy.__version__,
        }
    }
)
for request in requests():
    answer(handle(request))

"""Clusters, pairs and outliers as sentence-transformers and scikit-learn find them: what nigh's analyses are held against.

Run with a Python that has both, from the root of the repository:

    python benchmarks/peers/make-analysis-golden.py

Writes packages/nigh/test/fixtures/golden/analysis.json. Vectors are base64 of float32.
"""

import base64
import json
from pathlib import Path

import numpy as np
import sentence_transformers
import sklearn
import torch
from sentence_transformers.util import community_detection, paraphrase_mining_embeddings
from sklearn.cluster import HDBSCAN, AgglomerativeClustering, KMeans
from sklearn.cluster._hdbscan import hdbscan as hdbscan_module
from sklearn.cluster._hdbscan._linkage import make_single_linkage
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score
from sklearn.neighbors import LocalOutlierFactor

TARGET = Path(__file__).resolve().parents[2] / "packages/nigh/test/fixtures/golden/analysis.json"
RANDOM = np.random.default_rng(5)


def stable_process_mst(edges):
    """scikit-learn sorts edges of equal length in no order that could be told: here they keep that of the tree."""
    return make_single_linkage(edges[np.argsort(edges["distance"], kind="stable")])


hdbscan_module._process_mst = stable_process_mst


def blobs(rows, d, centres, spread):
    """Unit vectors around centres, clusters of different size and density, and some anywhere."""
    middle = RANDOM.normal(size=(centres, d))
    which = (centres * RANDOM.random(rows) ** 2).astype(int)
    x = middle[which] + RANDOM.normal(size=(rows, d)) * spread * (0.6 + which[:, None] / centres)
    apart = RANDOM.random(rows) < 0.1
    x[apart] = RANDOM.normal(size=(apart.sum(), d))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def communities(x):
    cases = []
    for threshold, least in [(0.75, 10), (0.6, 2), (0.9, 3), (-1.0, 1), (0.5, 1000)]:
        found = community_detection(torch.from_numpy(x), threshold=threshold, min_community_size=least, batch_size=64)
        cases.append({"threshold": threshold, "minCommunitySize": least, "communities": found})
    return cases


def pairs(x):
    cases = []
    for top_k, most in [(100, 200), (3, 500_000), (1, 20), (1000, 300)]:
        found = paraphrase_mining_embeddings(torch.from_numpy(x), top_k=top_k, max_pairs=most, corpus_chunk_size=100)
        # More than are worth keeping: the first and the last, and how many.
        cases.append({"topK": top_k, "maxPairs": most, "count": len(found), "first": found[:150], "last": found[-150:]})
    return cases


def hierarchies(x):
    cases = []
    for linkage, metric in [
        ("ward", "euclidean"),
        ("average", "euclidean"),
        ("average", "cosine"),
        ("complete", "euclidean"),
        ("complete", "cosine"),
    ]:
        tree = AgglomerativeClustering(n_clusters=12, linkage=linkage, metric=metric, compute_distances=True).fit(x)
        distances = np.sort(tree.distances_)
        threshold = float((distances[-25] + distances[-24]) / 2)
        cut = AgglomerativeClustering(
            n_clusters=None, distance_threshold=threshold, linkage=linkage, metric=metric
        ).fit(x)
        cases.append(
            {
                "linkage": linkage,
                "metric": metric,
                "labels": tree.labels_.tolist(),
                "distances": distances.tolist(),
                "distanceThreshold": threshold,
                "cutLabels": cut.labels_.tolist(),
            }
        )
    return cases


def densities(x):
    cases = []
    for options in [
        {},
        {"min_cluster_size": 8},
        {"min_cluster_size": 6, "min_samples": 3},
        {"cluster_selection_method": "leaf"},
        {"min_cluster_size": 20, "allow_single_cluster": True},
    ]:
        found = HDBSCAN(copy=True, **options).fit(x)
        names = {
            "min_cluster_size": "minClusterSize",
            "min_samples": "minSamples",
            "cluster_selection_method": "clusterSelectionMethod",
            "allow_single_cluster": "allowSingleCluster",
        }
        cases.append(
            {
                "options": {names[key]: value for key, value in options.items()},
                "labels": found.labels_.tolist(),
                "probabilities": found.probabilities_.tolist(),
            }
        )
    return cases


def main():
    x = blobs(320, 24, 9, 0.35)
    best = KMeans(9, n_init=20, random_state=1).fit(x)
    reduced = PCA(3, svd_solver="full").fit(x)
    golden = {
        "made_with": f"benchmarks/peers/make-analysis-golden.py, sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "rows": x.shape[0],
        "columns": x.shape[1],
        "vectors": base64.b64encode(x.tobytes()).decode(),
        "communities": communities(x),
        "pairs": pairs(x),
        "hierarchies": hierarchies(x),
        "densities": densities(x),
        "kMeans": {
            "k": 9,
            "inertia": float(best.inertia_),
            "labels": best.labels_.tolist(),
            "silhouette": float(silhouette_score(x, best.labels_)),
        },
        "outlierFactors": (-LocalOutlierFactor(n_neighbors=20).fit(x).negative_outlier_factor_).tolist(),
        "principalComponents": {
            "varianceRatio": reduced.explained_variance_ratio_.tolist(),
            "coordinates": reduced.transform(x).tolist(),
        },
    }
    TARGET.write_text(json.dumps(golden) + "\n", encoding="utf-8")
    print(TARGET.name, TARGET.stat().st_size, "bytes")


main()

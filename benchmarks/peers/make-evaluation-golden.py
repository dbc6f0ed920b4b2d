"""Evaluates made-up vectors with sentence-transformers' evaluators: what nigh's are held against, figure by figure.

Run with a Python that has sentence-transformers, from the root of the repository:

    python benchmarks/peers/make-evaluation-golden.py

Writes packages/nigh/test/fixtures/golden/evaluation.json. Floats are written so that reading them gives the same float32.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sentence_transformers
import sklearn
import torch
from scipy.stats import pearsonr, spearmanr
from sklearn.calibration import _SigmoidCalibration
from sentence_transformers.sentence_transformer.evaluation import (
    BinaryClassificationEvaluator,
    EmbeddingSimilarityEvaluator,
    InformationRetrievalEvaluator,
    ParaphraseMiningEvaluator,
    RerankingEvaluator,
    TripletEvaluator,
)
from sentence_transformers.util import cos_sim

TARGET = Path(__file__).resolve().parents[2] / "packages/nigh/test/fixtures/golden/evaluation.json"
RANDOM = np.random.default_rng(7)
DIMENSION = 12
SIMILARITIES = ["cosine", "dot", "euclidean", "manhattan"]
VECTORS = {}


class Lookup:
    """A model whose vectors are there already."""

    similarity_fn_name = "cosine"
    similarity = staticmethod(cos_sim)
    model_card_data = None

    def encode(self, texts, convert_to_tensor=False, truncate_dim=None, **_):
        vectors = np.array([VECTORS[text] for text in texts], dtype=np.float32)[:, :truncate_dim]
        return torch.tensor(vectors) if convert_to_tensor else vectors

    encode_query = encode
    encode_document = encode


def near(vector, noise):
    return (vector + noise * RANDOM.normal(size=DIMENSION)).astype(np.float32)


def texts(prefix, vectors):
    names = [f"{prefix}{i}" for i in range(len(vectors))]
    VECTORS.update(zip(names, vectors))
    return names


def random_vectors(count):
    return [RANDOM.normal(size=DIMENSION).astype(np.float32) for _ in range(count)]


def run(evaluator):
    evaluator.store_metrics_in_model_card_data = lambda *_: None
    metrics = evaluator(Lookup())
    return {"metrics": {key: float(value) for key, value in metrics.items()}, "primary": evaluator.primary_metric}


def retrieval():
    vectors = random_vectors(60)
    # Documents that are the same: their order is that of their ids.
    for i in (7, 31, 50):
        vectors[i] = vectors[3]
    documents = texts("d", vectors)
    meant = RANDOM.integers(0, 60, size=14)
    queries = texts("q", [near(vectors[int(i)], 1.5) for i in meant])
    relevant = {
        query: sorted({documents[int(i)] for i in [meant[n], *RANDOM.integers(0, 60, size=n % 5)]})
        for n, query in enumerate(queries[:12])
    }
    # A query whose best answers are the same four documents, of which two are relevant.
    VECTORS[queries[0]] = near(vectors[3], 0.1)
    relevant[queries[0]] = ["d31", "d50"]
    relevant[queries[12]] = []
    given = {"queries": queries, "corpus": documents, "relevant": relevant}

    def evaluator(**options):
        return InformationRetrievalEvaluator(
            {q: q for q in queries}, {d: d for d in documents}, {q: set(r) for q, r in relevant.items()}, **options
        )

    functions = {"cosine": cos_sim, "dot": lambda a, b: a @ b.T}
    return {
        **given,
        "default": run(evaluator()),
        "chunks": run(evaluator(corpus_chunk_size=17, name="named")),
        "two": run(evaluator(score_functions=functions, ndcg_at_k=[3, 60], map_at_k=[5], mrr_at_k=[1, 2], accuracy_at_k=[2], precision_recall_at_k=[4, 70])),
        "truncated": run(evaluator(truncate_dim=5)),
    }


def pairs(count):
    first = random_vectors(count)
    second = [near(vector, noise) for vector, noise in zip(first, RANDOM.uniform(0.1, 4, size=count))]
    # Pairs that score the same.
    first[5], second[5] = first[4], second[4]
    first[9], second[9] = first[4], second[4]
    return first, second


def similarity():
    first, second = pairs(40)
    cosines = [float(cos_sim(a, b)) for a, b in zip(first, second)]
    scores = [float(round(2.5 * (1 + c + 0.4 * RANDOM.normal()))) for c in cosines]
    one, two = texts("s", first), texts("t", second)
    return {
        "sentences1": one,
        "sentences2": two,
        "scores": scores,
        "default": run(EmbeddingSimilarityEvaluator(one, two, scores)),
        "all": run(EmbeddingSimilarityEvaluator(one, two, scores, similarity_fn_names=SIMILARITIES, name="sts")),
        "main": run(EmbeddingSimilarityEvaluator(one, two, scores, main_similarity="dot")),
    }


def binary():
    first, second = pairs(50)
    cosines = np.array([float(cos_sim(a, b)) for a, b in zip(first, second)])
    labels = [int(c + 0.5 * RANDOM.normal() > 0.6) for c in cosines]
    labels[4], labels[5], labels[9] = 1, 0, 1
    one, two = texts("b", first), texts("c", second)
    # Accuracy is best where nothing is accepted.
    rare = [0] * 50
    rare[int(np.argmin(cosines))] = 1
    return {
        "sentences1": one,
        "sentences2": two,
        "labels": labels,
        "rare_labels": rare,
        "default": run(BinaryClassificationEvaluator(one, two, labels)),
        "all": run(BinaryClassificationEvaluator(one, two, labels, similarity_fn_names=SIMILARITIES, name="pairs")),
        "rare": run(BinaryClassificationEvaluator(one, two, rare)),
    }


def triplets():
    anchors = random_vectors(30)
    columns = [
        texts("a", anchors),
        texts("p", [near(vector, 2.5) for vector in anchors]),
        texts("n", [near(vector, 3.5) for vector in anchors]),
    ]
    # A tie.
    VECTORS["n0"] = VECTORS["p0"]
    return {
        "columns": columns,
        "default": run(TripletEvaluator(*columns)),
        "all": run(TripletEvaluator(*columns, similarity_fn_names=SIMILARITIES)),
        "margin": run(TripletEvaluator(*columns, margin=0.1, main_similarity_function="cosine")),
    }


def reranking():
    samples = []
    for i in range(9):
        query = RANDOM.normal(size=DIMENSION).astype(np.float32)
        positive = [near(query, 1.5) for _ in range(1 + i % 3)]
        negative = [near(query, 3) for _ in range(3 + i)]
        # The same document twice: nDCG and precision share the places.
        if i == 4:
            negative[1] = negative[0] = positive[1] if len(positive) > 1 else negative[2]
        samples.append(
            {
                "query": texts(f"rq{i}-", [query])[0],
                "positive": texts(f"rp{i}-", positive),
                "negative": texts(f"rn{i}-", negative),
            }
        )
    samples.append({"query": "rq0-0", "positive": [], "negative": ["rn0-0"]})
    return {
        "samples": samples,
        "default": run(RerankingEvaluator(samples)),
        "three": run(RerankingEvaluator(samples, at_k=3, name="rank")),
    }


def mining():
    vectors = []
    duplicates = []
    for i in range(12):
        vector = RANDOM.normal(size=DIMENSION).astype(np.float32)
        group = [len(vectors) + n for n in range(1 + i % 4)]
        vectors += [vector] + [near(vector, 0.6) for _ in group[1:]]
        duplicates += [[f"m{a}", f"m{b}"] for a, b in zip(group, group[1:])]
    sentences = texts("m", vectors)
    named = {sentence: sentence for sentence in sentences}
    duplicates.append(["m0", "unknown"])
    return {
        "sentences": sentences,
        "duplicates": duplicates,
        "default": run(ParaphraseMiningEvaluator(named, duplicates)),
        "closure": run(ParaphraseMiningEvaluator(named, duplicates, add_transitive_closure=True, name="mined")),
        "few": run(ParaphraseMiningEvaluator(named, duplicates, max_pairs=10, top_k=2)),
    }


def correlations():
    cases = []
    for count, steps in ((5, 3), (30, 4), (200, 1000)):
        a = RANDOM.integers(0, steps, size=count).astype(float)
        b = (a + RANDOM.integers(0, steps, size=count)).astype(float)
        cases.append({"a": a.tolist(), "b": b.tolist(), "pearson": pearsonr(a, b)[0], "spearman": spearmanr(a, b)[0]})
    return cases


def platt():
    cases = []
    for count, gap in ((12, 3.0), (60, 0.6), (300, 0.3)):
        labels = np.arange(count) % 3 == 0
        scores = np.where(labels, 0.5 + gap / 4, 0.5 - gap / 4) + 0.2 * RANDOM.normal(size=count)
        sigmoid = _SigmoidCalibration().fit(scores, labels.astype(int))
        cases.append(
            {
                "scores": scores.tolist(),
                "labels": labels.astype(int).tolist(),
                "probabilities": sigmoid.predict(scores).tolist(),
            }
        )
    return cases


def main():
    made_with = (
        f"benchmarks/peers/make-evaluation-golden.py, sentence-transformers {sentence_transformers.__version__}, "
        f"scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, torch {torch.__version__}"
    )
    golden = {
        "made_with": made_with,
        "retrieval": retrieval(),
        "similarity": similarity(),
        "binary": binary(),
        "triplets": triplets(),
        "reranking": reranking(),
        "mining": mining(),
        "correlations": correlations(),
        "platt": platt(),
    }
    golden["vectors"] = {text: [float(f"{x:.9g}") for x in vector] for text, vector in VECTORS.items()}
    TARGET.write_text(json.dumps(golden) + "\n", encoding="utf-8")
    print(TARGET.name, TARGET.stat().st_size, "bytes")


main()

"""Runs Chroma's Python client, unmodified, through its verbs against a server.

    python chroma_client.py HOST PORT TOKEN

Ends with 0 when everything is as Chroma's own server has it, or as docs/server.md says; prints how many checks there were.
"""

import sys

import chromadb
import numpy as np
from chromadb import K, Knn, Rrf, Search
from chromadb.config import Settings
from chromadb.errors import ChromaError, InvalidArgumentError, NotFoundError, UniqueConstraintError

host, port, token = sys.argv[1:]
settings = Settings(
    anonymized_telemetry=False,
    chroma_client_auth_provider="chromadb.auth.token_authn.TokenAuthClientProvider",
    chroma_client_auth_credentials=token,
    allow_reset=True,
)
client = chromadb.HttpClient(host=host, port=int(port), settings=settings)
checks = 0


def equal(found, expected):
    global checks
    checks += 1
    assert found == expected, f"found {found!r}, expected {expected!r}"


def raises(kind, work):
    global checks
    checks += 1
    try:
        work()
    except kind:
        return
    raise AssertionError(f"expected {kind.__name__}")


assert client.heartbeat() > 1.6e18
equal(client.get_version(), "1.0.0")
equal(client.get_max_batch_size(), 5461)
client.reset()

# Collections.
notes = client.create_collection("notes", metadata={"topic": "heat", "n": 1.0}, embedding_function=None)
equal(type(client.get_collection("notes", embedding_function=None).metadata["n"]), float)
equal(notes.configuration_json["hnsw"]["space"], "l2")
raises(UniqueConstraintError, lambda: client.create_collection("notes", embedding_function=None))
equal(client.get_or_create_collection("notes", embedding_function=None).id, notes.id)
raises(NotFoundError, lambda: client.get_collection("nowhere", embedding_function=None))
raises(NotFoundError, lambda: client.delete_collection("nowhere"))
raises(InvalidArgumentError, lambda: client.create_collection("no", embedding_function=None))
cosine = client.create_collection(
    "cosine", configuration={"hnsw": {"space": "cosine", "ef_search": 77}}, embedding_function=None
)
equal(cosine.configuration_json["hnsw"]["space"], "cosine")
cosine.modify(name="renamed", metadata={"x": 1})
equal(client.get_collection("renamed", embedding_function=None).metadata, {"x": 1})
raises(UniqueConstraintError, lambda: cosine.modify(name="notes"))
cosine.modify(configuration={"hnsw": {"ef_search": 9}})
equal(client.get_collection("renamed", embedding_function=None).configuration_json["hnsw"]["ef_search"], 9)
equal([c.name for c in client.list_collections()], ["notes", "renamed"])
equal([c.name for c in client.list_collections(limit=1, offset=1)], ["renamed"])
client.delete_collection("renamed")
equal(client.count_collections(), 1)
with_default = client.create_collection("with-default")
equal(with_default.configuration_json["embedding_function"]["name"], "default")
equal(client.get_collection("with-default").id, with_default.id)

# Records.
notes.add(
    ids=["a", "b", "c"],
    embeddings=np.array([[0, 0], [1, 0], [5, 0]], dtype=np.float32),
    documents=["the red boiler", "the blue boiler", "a Green door"],
    metadatas=[{"n": 1, "big": 2**62 + 1, "f": 1.0, "tags": ["p", "q"]}, {"n": 2}, {"n": 3, "k": "x"}],
    uris=["u:a", "u:b", "u:c"],
)
equal(notes.count(), 3)
everything = notes.get(include=["documents", "metadatas", "embeddings", "uris"])
equal(everything["ids"], ["a", "b", "c"])
equal(everything["metadatas"][0], {"n": 1, "big": 2**62 + 1, "f": 1.0, "tags": ["p", "q"]})
equal([type(everything["metadatas"][0][key]) for key in ("n", "f")], [int, float])
equal(everything["embeddings"].tolist(), [[0, 0], [1, 0], [5, 0]])
equal(everything["uris"], ["u:a", "u:b", "u:c"])
equal(notes.get(ids=["c", "zz", "a"])["ids"], ["a", "c"])
equal(notes.get(limit=1, offset=1)["ids"], ["b"])
equal(notes.peek(2)["ids"], ["a", "b"])
found = notes.query(query_embeddings=[[1, 0], [5, 0]], n_results=2)
equal(found["ids"], [["b", "a"], ["c", "b"]])
equal(found["distances"], [[0, 1], [0, 16]])
equal(found["documents"][0], ["the blue boiler", "the red boiler"])
filters = [
    ({"n": 1}, ["a"]),
    ({"n": {"$ne": 1}}, ["b", "c"]),
    ({"n": {"$gte": 1.5}}, ["b", "c"]),
    ({"n": {"$lt": 2}}, ["a"]),
    ({"n": {"$in": [1, 3]}}, ["a", "c"]),
    ({"k": {"$nin": ["x"]}}, ["a", "b"]),
    ({"big": {"$gt": 2**62}}, ["a"]),
    ({"tags": {"$contains": "p"}}, ["a"]),
    ({"$and": [{"n": {"$gt": 1}}, {"k": "x"}]}, ["c"]),
    ({"$or": [{"n": 1}, {"k": "x"}]}, ["a", "c"]),
]
for where, ids in filters:
    equal(notes.get(where=where)["ids"], ids)
    equal(sorted(notes.query(query_embeddings=[[0, 0]], where=where)["ids"][0]), ids)
document_filters = [
    ({"$contains": "boiler"}, ["a", "b"]),
    ({"$not_contains": "boiler"}, ["c"]),
    ({"$regex": "(?i)green"}, ["c"]),
    ({"$not_regex": "^the"}, ["c"]),
    ({"$and": [{"$contains": "the"}, {"$contains": "red"}]}, ["a"]),
    ({"$or": [{"$contains": "red"}, {"$contains": "door"}]}, ["a", "c"]),
]
for where, ids in document_filters:
    equal(notes.get(where_document=where)["ids"], ids)
notes.update(ids=["a", "zz"], metadatas=[{"f": None, "m": True}, {"m": False}])
equal(notes.get(ids=["a"])["metadatas"][0], {"n": 1, "big": 2**62 + 1, "tags": ["p", "q"], "m": True})
notes.upsert(ids=["b", "d"], embeddings=[[2, 0], [7, 0]], documents=["changed", "new"])
equal(notes.get(ids=["b", "d"])["documents"], ["changed", "new"])
notes.add(ids=["a"], embeddings=[[9, 9]])
equal(notes.get(ids=["a"], include=["embeddings"])["embeddings"].tolist(), [[0, 0]])
raises(InvalidArgumentError, lambda: notes.query(query_embeddings=[[1, 2, 3]]))
raises(InvalidArgumentError, lambda: notes.get(where_document={"$regex": "(?=x)"}))
raises(ChromaError, lambda: notes.query(query_embeddings=[[0, 0]], ids=["gone"]))

# Beyond Chroma's own single node.
result = notes.search(Search().where(K("n") > 1).rank(Knn(query=[1.0, 0.0])).limit(1).select(K.SCORE, K.DOCUMENT))
equal(result["ids"], [["b"]])
equal(result["scores"], [[1.0]])
ranks = [Knn(query=[0.0, 0.0], return_rank=True), Knn(query=[7.0, 0.0], return_rank=True)]
equal(notes.search(Search().rank(Rrf(ranks, weights=[1.0, 2.0])).limit(1))["ids"], [["d"]])
fork = notes.fork("fork")
equal(fork.count(), 4)

equal(notes.delete(where={"n": {"$gte": 2}})["deleted"], 2)
notes.delete(ids=["a"])
equal(notes.count(), 1)
client.delete_collection("notes")
raises(NotFoundError, notes.count)

# Tenants and databases.
admin = chromadb.AdminClient(
    Settings(
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=host,
        chroma_server_http_port=int(port),
        chroma_client_auth_provider="chromadb.auth.token_authn.TokenAuthClientProvider",
        chroma_client_auth_credentials=token,
        anonymized_telemetry=False,
    )
)
admin.create_tenant("acme")
admin.create_database("main", tenant="acme")
raises(UniqueConstraintError, lambda: admin.create_tenant("acme"))
equal(admin.get_tenant("acme")["name"], "acme")
equal([d["name"] for d in admin.list_databases(tenant="acme")], ["main"])
acme = chromadb.HttpClient(host=host, port=int(port), settings=settings, tenant="acme", database="main")
acme.create_collection("notes", embedding_function=None)
equal(acme.count_collections(), 1)
admin.delete_database("main", tenant="acme")
raises(NotFoundError, lambda: admin.get_database("main", tenant="acme"))

print(checks)

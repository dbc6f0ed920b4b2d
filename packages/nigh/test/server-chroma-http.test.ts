import { describe, expect, it } from "vitest";
import { onServer, SPACE } from "./server/on-server.js";

const on = onServer();
let made = 0;

/** A new collection. @returns its path by name and by id. */
async function collection(
  more: object = {},
): Promise<{ name: string; named: string; path: string }> {
  const name = `collection-${made++}`;
  const { status, json, text } = await on.send("POST", `${SPACE}/collections`, { name, ...more });
  expect(status, text).toBe(200);
  return { name, named: `${SPACE}/collections/${name}`, path: `${SPACE}/collections/${json.id}` };
}

async function status(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) {
  return (await on.send(method, path, body, headers)).status;
}

describe("Chroma's API over HTTP", () => {
  it("keeps 1.0, -0.0 and integers of 64 bits apart and whole, in records and collections", async () => {
    const metadata =
      '{"a":1.0,"b":1,"c":9223372036854775807,"d":-9223372036854775808,"e":[1.0,2],"f":-0.0}';
    const { path, named } = await collection();
    const body = `{"ids":["x"],"embeddings":[[1,2]],"metadatas":[${metadata}]}`;
    expect(await status("POST", `${path}/add`, body)).toBe(201);
    for (const [verb, ask] of [
      ["get", "{}"],
      ["query", '{"query_embeddings":[[1,2]]}'],
      ["search", '{"searches":[{"select":{"keys":["#metadata"]}}]}'],
    ]) {
      const { text } = await on.send("POST", `${path}/${verb}`, ask);
      expect(text, verb).toContain(metadata.replace("-0.0", "-0.0"));
    }
    expect(await status("PUT", path, `{"new_metadata":${metadata}}`)).toBe(200);
    expect((await on.send("GET", named)).text).toContain(`"metadata":${metadata}`);
    const { json } = await on.send("POST", `${path}/get`, '{"where":{"c":9223372036854775807}}');
    expect(json.ids).toEqual(["x"]);
    const none = await on.send("POST", `${path}/get`, '{"where":{"c":9223372036854775806}}');
    expect(none.json.ids).toEqual([]);
  });

  it("takes vectors as base64 at writes, and not at queries", async () => {
    const { path } = await collection();
    const base64 = Buffer.from(new Float32Array([0.5, -2]).buffer).toString("base64");
    expect(await status("POST", `${path}/add`, { ids: ["a"], embeddings: [base64] })).toBe(201);
    const { json } = await on.send("POST", `${path}/get`, { include: ["embeddings"] });
    expect(json).toMatchObject({ embeddings: [[0.5, -2]], documents: null });
    expect(await status("POST", `${path}/query`, { query_embeddings: [base64] })).toBe(422);
    for (const bad of ["AAA", "AAAA", "!!!!", `${base64}A`]) {
      expect(await status("POST", `${path}/add`, { ids: ["b"], embeddings: [bad] }), bad).toBe(422);
    }
  });

  describe("refuses what is wrong, with 400 for values and 422 for shapes:", () => {
    const one = { ids: ["a"], embeddings: [[1, 2]] };
    const cases: [string, string, unknown, number][] = [
      ["malformed JSON", "add", '{"ids":', 400],
      ["text that is not UTF-8's", "get", "{} trailing", 400],
      ["no embeddings", "add", { ids: ["a"] }, 422],
      ["no ids", "add", { embeddings: [] }, 422],
      ["ids of numbers", "add", { ids: [1], embeddings: [[1, 2]] }, 422],
      ["an empty id", "add", { ids: [""], embeddings: [[1, 2]] }, 400],
      ["fewer embeddings than ids", "add", { ids: ["a", "b"], embeddings: [[1, 2]] }, 400],
      ["fewer documents than ids", "add", { ...one, documents: [] }, 400],
      [
        "embeddings of different lengths",
        "add",
        { ids: ["a", "b"], embeddings: [[1, 2], [1]] },
        400,
      ],
      ["an empty embedding", "add", { ids: ["a"], embeddings: [[]] }, 400],
      ["an embedding beyond float32", "add", { ids: ["a"], embeddings: [[1e60, 1]] }, 400],
      ["an embedding of texts", "add", { ids: ["a"], embeddings: [["1"]] }, 422],
      ["a null embedding", "add", { ids: ["a"], embeddings: [null] }, 422],
      ["nested metadata", "add", { ...one, metadatas: [{ a: { b: 1 } }] }, 422],
      ["null in new metadata", "add", { ...one, metadatas: [{ a: null }] }, 422],
      ["a list of several kinds", "add", { ...one, metadatas: [{ a: [1, "x"] }] }, 422],
      ["a key of metadata that starts with #", "add", { ...one, metadatas: [{ "#a": 1 }] }, 400],
      [
        "an integer beyond 64 bits",
        "add",
        '{"ids":["a"],"embeddings":[[1,2]],"metadatas":[{"a":18446744073709551615}]}',
        400,
      ],
      ["another dimension in an update", "update", { ids: ["x"], embeddings: [[1]] }, 400],
      ["another dimension in a query", "query", { query_embeddings: [[1]] }, 400],
      ["queries of different lengths", "query", { query_embeddings: [[1, 2], [1]] }, 400],
      ["an unknown include", "get", { include: ["everything"] }, 422],
      ["a negative limit", "get", { limit: -1 }, 422],
      ["a fractional limit", "get", { limit: 1.5 }, 422],
      ["a where that is a text", "get", { where: "all" }, 400],
      ["an empty where", "get", { where: {} }, 400],
      ["two keys in a where", "get", { where: { a: 1, b: 2 } }, 400],
      ["an unknown operator", "get", { where: { a: { $near: 1 } } }, 400],
      ["$not", "get", { where: { $not: { a: 1 } } }, 400],
      ["an order of texts", "get", { where: { a: { $gt: "x" } } }, 400],
      ["an empty $in", "get", { where: { a: { $in: [] } } }, 400],
      ["an unknown operator of documents", "get", { where_document: { $like: "x" } }, 400],
      ["a back-reference", "get", { where_document: { $regex: "(a)\\1" } }, 400],
      ["an empty list of ids to delete", "delete", { ids: [] }, 400],
      ["a limit without a filter at delete", "delete", { ids: ["x"], limit: 1 }, 400],
      ["a rank without operator", "search", { searches: [{ rank: {} }] }, 400],
      [
        "a rank of a sparse key",
        "search",
        { searches: [{ rank: { $knn: { query: [1, 2], key: "s" } } }] },
        400,
      ],
      ["a rank that is no number", "search", { searches: [{ rank: { $log: { $val: -1 } } }] }, 400],
      ["a group without rank", "search", { searches: [{ group_by: { keys: ["a"] } }] }, 400],
      ["a fork without name", "fork", {}, 422],
    ];
    it.each(cases)("%s", async (_, verb, body, expected) => {
      const { path } = await collection();
      await on.send("POST", `${path}/add`, { ids: ["x"], embeddings: [[1, 2]] });
      const reply = await on.send("POST", `${path}/${verb}`, body);
      expect([reply.status, reply.json.error]).toEqual([expected, "InvalidArgumentError"]);
      expect(reply.json.message.length).toBeGreaterThan(10);
      // Nothing was written.
      expect((await on.send("GET", `${path}/count`)).text).toBe("1");
    });

    it("says of a dimension what Chroma says", async () => {
      const { path } = await collection();
      await on.send("POST", `${path}/add`, one);
      const { json } = await on.send("POST", `${path}/add`, { ids: ["b"], embeddings: [[1]] });
      expect(json.message).toBe("Collection expecting embedding with dimension of 2, got 1");
    });
  });

  it("does right what Chroma's server fails at or takes wrongly", async () => {
    const { path, name } = await collection({ metadata: { list: ["a", "b"] } });
    const other = await collection();
    expect(await status("PUT", path, { new_name: other.name })).toBe(409);
    expect(await status("PUT", path, { new_configuration: { hnsw: { ef_search: 0 } } })).toBe(400);
    const crn = `/api/v2/collections/default_tenant:default_database:${name}`;
    expect((await on.send("GET", crn)).json).toMatchObject({
      name,
      metadata: { list: ["a", "b"] },
    });
    expect(await status("GET", "/api/v2/collections/x:y")).toBe(400);
    await on.send("POST", `${path}/add`, {
      ids: ["a"],
      embeddings: [[1]],
      metadatas: [{ n: 1, "chroma:document": "kept" }],
    });
    const { json } = await on.send("POST", `${path}/get`, { where: { n: { $gte: 1.5 } } });
    expect(json.ids).toEqual([]);
    expect((await on.send("POST", `${path}/get`, {})).json).toMatchObject({
      documents: [null],
      metadatas: [{ "chroma:document": "kept" }],
    });
    const found = { query_embeddings: [[1]], ids: ["a", "unknown"] };
    expect((await on.send("POST", `${path}/query`, found)).json.ids).toEqual([["a"]]);
    expect((await on.send("POST", `${path}/delete`, { ids: ["a", "unknown"] })).json).toEqual({
      deleted: 1,
    });
    expect((await on.send("GET", `${path}/indexing_status`)).json).toMatchObject({
      op_indexing_progress: 1,
      num_unindexed_ops: 0,
    });
  });

  it("takes the first of records with one id at add, and all one after another at update", async () => {
    const { path } = await collection();
    await on.send("POST", `${path}/add`, {
      ids: ["a", "a"],
      embeddings: [[1], [2]],
      documents: ["first", "second"],
    });
    const all = { include: ["embeddings", "documents", "metadatas"] };
    expect((await on.send("POST", `${path}/get`, all)).json).toMatchObject({
      embeddings: [[1]],
      documents: ["first"],
    });
    await on.send("POST", `${path}/upsert`, {
      ids: ["a", "a"],
      embeddings: [[3], [4]],
      documents: ["third", null],
      metadatas: [
        { x: 1, y: 1 },
        { y: null, z: 2 },
      ],
    });
    expect((await on.send("POST", `${path}/get`, all)).json).toMatchObject({
      embeddings: [[4]],
      documents: ["third"],
      metadatas: [{ x: 1, z: 2 }],
    });
    const change = { ids: ["a"], documents: ["fourth"], metadatas: [{ x: null }] };
    expect(await status("POST", `${path}/update`, change)).toBe(200);
    expect((await on.send("POST", `${path}/get`, all)).json).toMatchObject({
      embeddings: [[4]],
      documents: ["fourth"],
      metadatas: [{ z: 2 }],
    });
  });

  it("knows filters of everything and of nothing, and edges of lists", async () => {
    const { path } = await collection();
    expect(await status("POST", `${path}/add`, { ids: [], embeddings: [] })).toBe(201);
    expect(
      (await on.send("POST", `${path}/query`, { query_embeddings: [[1, 2, 3]] })).json.ids,
    ).toEqual([[]]);
    await on.send("POST", `${path}/add`, { ids: ["a"], embeddings: [[1]], documents: ["x"] });
    const ids = async (body: object) => (await on.send("POST", `${path}/get`, body)).json.ids;
    expect(await ids({ where: { $and: [] } })).toEqual(["a"]);
    expect(await ids({ where: { $or: [] } })).toEqual([]);
    expect(await ids({ where: { $or: [{ $and: [] }, { n: 1 }] } })).toEqual(["a"]);
    expect(await ids({ where: null, ids: null })).toEqual(["a"]);
    expect(await ids({ ids: [] })).toEqual([]);
    expect(await ids({ limit: 0 })).toEqual([]);
    expect(await ids({ where_document: { $contains: "" } })).toEqual(["a"]);
    const query = async (body: object) => (await on.send("POST", `${path}/query`, body)).json.ids;
    expect(await query({ query_embeddings: [] })).toEqual([]);
    expect(await query({ query_embeddings: [[1], [2]], n_results: 0 })).toEqual([[], []]);
    expect((await on.send("POST", `${path}/delete`, {})).json).toEqual({ deleted: 0 });
    expect((await on.send("POST", `${path}/delete`, { where: { $or: [] } })).json).toEqual({
      deleted: 0,
    });
    expect((await on.send("POST", `${path}/delete`, { where: { $and: [] } })).json).toEqual({
      deleted: 1,
    });
  });

  it("groups what a search ranks", async () => {
    const { path } = await collection();
    await on.send("POST", `${path}/add`, {
      ids: ["a", "b", "c", "d"],
      embeddings: [[0], [1], [2], [3]],
      metadatas: [{ g: "x", n: 1 }, { g: "x", n: 2 }, { g: "y", n: 3 }, null],
    });
    const rank = { $knn: { query: [0] } };
    const search = async (more: object) =>
      (await on.send("POST", `${path}/search`, { searches: [{ rank, ...more }] })).json;
    const group = (aggregate: object) => ({ group_by: { keys: ["g"], aggregate } });
    expect((await search(group({ $min_k: { keys: ["#score"], k: 1 } }))).ids).toEqual([
      ["a", "c", "d"],
    ]);
    expect((await search(group({ $max_k: { keys: ["n"], k: 1 } }))).ids).toEqual([["b", "c", "d"]]);
    expect((await search({ limit: { offset: 1, limit: 2 } })).ids).toEqual([["b", "c"]]);
    const narrow = { $knn: { query: [0], limit: 1, default: 9 } };
    const summed = { $sum: [narrow, { $knn: { query: [3], limit: 1, default: 9 } }] };
    const { ids, scores } = await search({ rank: summed, select: { keys: ["#score"] } });
    expect([ids, scores]).toEqual([[["a", "d"]], [[9, 9]]]);
  });

  describe("collections", () => {
    it("have Chroma's model, defaults and schema", async () => {
      const { named, path, name } = await collection();
      const before = (await on.send("GET", named)).json;
      expect(before).toMatchObject({
        name,
        configuration_json: {
          hnsw: {
            space: "l2",
            ef_construction: 100,
            ef_search: 100,
            max_neighbors: 16,
            resize_factor: 1.2,
          },
          spann: null,
          embedding_function: null,
        },
        schema: { keys: { "#embedding": { float_list: { vector_index: { enabled: true } } } } },
        metadata: null,
        dimension: null,
        tenant: "default_tenant",
        database: "default_database",
        log_position: 0,
        version: 0,
      });
      await on.send("POST", `${path}/add`, { ids: ["a"], embeddings: [[1, 2]] });
      const after = (await on.send("GET", path.replace("/collections/", "/collections/by-id/")))
        .json;
      expect(after).toMatchObject({ dimension: 2, log_position: 1 });
      expect(await status("GET", path)).toBe(404);
    });

    it("keep what the clients' embedding function is made of, and the schema that was given", async () => {
      const embedding_function = { type: "known", name: "openai", config: { model: "m", x: 1.0 } };
      const { named, path } = await collection({ configuration: { embedding_function } });
      expect((await on.send("GET", named)).json.configuration_json).toMatchObject({
        embedding_function,
      });
      const changed = { ...embedding_function, config: { model: "n" } };
      await on.send("PUT", path, { new_configuration: { embedding_function: changed } });
      expect((await on.send("GET", named)).json.configuration_json.embedding_function).toEqual(
        changed,
      );
      const schema = {
        defaults: {},
        keys: {
          "#embedding": {
            float_list: {
              vector_index: { enabled: true, config: { space: "cosine", hnsw: { ef_search: 9 } } },
            },
          },
        },
      };
      const of = (await on.send("GET", (await collection({ schema })).named)).json;
      expect(of.configuration_json.hnsw).toMatchObject({ space: "cosine", ef_search: 9 });
      expect(of.schema).toEqual(schema);
    });

    it("take the older keys of metadata, and spann as a graph of the same space", async () => {
      const legacy = await collection({ metadata: { "hnsw:space": "ip", "hnsw:search_ef": 7 } });
      expect((await on.send("GET", legacy.named)).json.configuration_json.hnsw).toMatchObject({
        space: "ip",
        ef_search: 7,
      });
      const spann = await collection({
        configuration: { spann: { space: "cosine", search_nprobe: 3 } },
      });
      expect((await on.send("GET", spann.named)).json.configuration_json).toMatchObject({
        hnsw: { space: "cosine" },
        spann: null,
      });
    });

    const bad: [string, object, number][] = [
      ["a short name", { name: "ab" }, 400],
      ["a name with odd characters", { name: "a b c" }, 400],
      ["an IP address", { name: "10.0.0.1" }, 400],
      ["no name", {}, 422],
      ["a name that is a number", { name: 1 }, 422],
      ["empty metadata", { name: "fine", metadata: {} }, 400],
      ["hnsw and spann", { name: "fine", configuration: { hnsw: {}, spann: {} } }, 400],
      ["an unknown key of hnsw", { name: "fine", configuration: { hnsw: { speed: 1 } } }, 422],
      ["an unknown space", { name: "fine", configuration: { hnsw: { space: "l1" } } }, 422],
      [
        "a schema without the index of documents",
        {
          name: "fine",
          schema: { keys: { "#document": { string: { fts_index: { enabled: false } } } } },
        },
        400,
      ],
    ];
    it.each(bad)("are refused with %s", async (_, body, expected) => {
      expect(await status("POST", `${SPACE}/collections`, body)).toBe(expected);
    });

    it("cannot change their space", async () => {
      const { path } = await collection();
      const change = { new_configuration: { hnsw: { space: "cosine" } } };
      expect(await status("PUT", path, change)).toBe(422);
      expect(await status("PUT", path, { new_metadata: {} })).toBe(400);
      expect(await status("PUT", path, {})).toBe(200);
    });
  });

  describe("tenants and databases", () => {
    it("are made, got, listed and deleted with their collections", async () => {
      expect(await status("POST", "/api/v2/tenants", { name: "acme" })).toBe(200);
      expect(await status("POST", "/api/v2/tenants", { name: "acme" })).toBe(409);
      expect(await status("POST", "/api/v2/tenants", { name: "ab" })).toBe(400);
      expect(await status("GET", "/api/v2/tenants/nobody")).toBe(404);
      expect(await status("PATCH", "/api/v2/tenants/acme", { resource_name: "r" })).toBe(200);
      expect((await on.send("GET", "/api/v2/tenants/acme")).json).toEqual({
        name: "acme",
        resource_name: "r",
      });
      const databases = "/api/v2/tenants/acme/databases";
      expect(await status("POST", databases, { name: "one" })).toBe(200);
      expect(await status("POST", databases, { name: "two" })).toBe(200);
      expect(await status("POST", databases, { name: "two" })).toBe(409);
      const names = async (query = "") =>
        (await on.send("GET", databases + query)).json.map((d: { name: string }) => d.name);
      expect(await names()).toEqual(["one", "two"]);
      expect(await names("?limit=1&offset=1")).toEqual(["two"]);
      expect(await status("GET", `${databases}?limit=x`)).toBe(400);
      expect((await on.send("GET", `${databases}/one`)).json).toMatchObject({
        name: "one",
        tenant: "acme",
      });
      const { json } = await on.send("POST", `${databases}/one/collections`, { name: "notes" });
      expect(await status("GET", `${SPACE}/collections/by-id/${json.id}`)).toBe(404);
      expect(await status("DELETE", `${databases}/one`)).toBe(200);
      expect(await status("GET", `${databases}/one`)).toBe(404);
      expect(await status("POST", `${databases}/one/collections`, { name: "notes" })).toBe(404);
      expect(await status("POST", "/api/v2/tenants/unknown/databases", { name: "fine" })).toBe(200);
      expect((await on.send("GET", "/api/v2/tenants/empty/databases")).json).toEqual([]);
    });
  });

  it("answers wrong requests with the status that says why", async () => {
    const { path } = await collection();
    expect(await status("GET", "/api/v1/collections")).toBe(410);
    expect(await status("GET", "/api/v2/nothing")).toBe(404);
    const wrong = await on.send("GET", `${path}/add`);
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
    expect(await status("POST", `${path}/get`, "{}", { "content-type": "text/plain" })).toBe(415);
    expect(await status("POST", `${path}/get`, "{}", { "content-encoding": "gzip" })).toBe(415);
    expect(await status("POST", `${SPACE}/collections/no-uuid/get`, {})).toBe(400);
    expect(await status("POST", `${SPACE}/collections/${crypto.randomUUID()}/get`, {})).toBe(404);
    expect(await status("POST", "/api/v2/reset")).toBe(403);
    expect(await status("POST", `${path}/functions/attach`, {})).toBe(501);
  });
});

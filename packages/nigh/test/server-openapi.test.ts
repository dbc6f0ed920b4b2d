import { describe, expect, it } from "vitest";
import { onServer } from "./server/on-server.js";

const on = onServer();
const METHODS = ["get", "post", "put", "patch", "delete"];

interface Operation {
  operationId: string;
  parameters: { name: string; in: string }[];
  requestBody?: { content: { "application/json": { schema: { type?: string } } } };
  security?: object[];
}

async function documented(): Promise<[string, Record<string, Operation>][]> {
  const { json } = await on.send("GET", "/openapi.json");
  expect(json.openapi).toBe("3.1.0");
  return Object.entries(json.paths);
}

describe("/openapi.json", () => {
  it("has every route of Chroma's clients that the server takes, and those of OpenAI", async () => {
    const paths = new Set((await documented()).map(([path]) => path));
    const collection = "/api/v2/tenants/{tenant}/databases/{database}/collections/{collection}";
    for (const verb of [
      "add",
      "get",
      "query",
      "upsert",
      "update",
      "delete",
      "count",
      "search",
      "fork",
    ]) {
      expect(paths, verb).toContain(`${collection}/${verb}`);
    }
    expect(paths).toContain("/v1/embeddings");
    expect(paths.size).toBeGreaterThan(35);
  });

  it("says of each path just the methods that it takes", async () => {
    for (const [path, operations] of await documented()) {
      // Its last part is a name of a function to GET.
      if (path.endsWith("/functions/attach")) continue;
      const url = path.replaceAll(/\{\w+\}/gu, "xyz");
      for (const method of METHODS) {
        const { status, headers, text } = await on.send(method.toUpperCase(), url);
        const isThere = status !== 405 && !text.includes("There is no route");
        expect(isThere, `${method} ${path}: ${status}`).toBe(method in operations);
        if (status !== 405) continue;
        const allowed = headers.get("allow")?.toLowerCase().split(", ").sort();
        expect(allowed, path).toEqual(Object.keys(operations).sort());
      }
    }
  });

  it("names each operation once, with the parts of its path and the shape of its body", async () => {
    const names: string[] = [];
    for (const [path, operations] of await documented()) {
      const parts = [...path.matchAll(/\{(\w+)\}/gu)].map(([, part]) => part);
      for (const [method, operation] of Object.entries(operations)) {
        names.push(operation.operationId);
        const inPath = operation.parameters.filter((parameter) => parameter.in === "path");
        expect(inPath.map(({ name }) => name)).toEqual(parts);
        const schema = operation.requestBody?.content["application/json"].schema;
        if (schema !== undefined) expect(schema.type, `${method} ${path}`).toBe("object");
      }
    }
    expect(new Set(names).size).toBe(names.length);
  });
});

import { z } from "zod";
import type { Route } from "./route.js";

const ERROR = {
  type: "object",
  properties: { error: { type: "string" }, message: { type: "string" } },
};

/** An OpenAPI 3.1 document of routes. */
export function openApi(routes: readonly Route[], version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(route),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "nigh",
      version,
      description: "Chroma's REST API v2, OpenAI's embeddings, and what operating a server needs.",
    },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        chromaToken: { type: "apiKey", in: "header", name: "X-Chroma-Token" },
      },
      schemas: { Error: ERROR },
    },
  };
}

function operationOf({ name, summary, path, access, body, query, status = 200 }: Route): unknown {
  const inPath = [...path.matchAll(/\{(\w+)\}/gu)].map(([, part]) => ({
    name: part,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const error = {
    description: "Why it is not done",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  };
  return {
    operationId: name,
    summary,
    parameters: [...inPath, ...(query ? queryParameters(query) : [])],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: shapeOf(body) } } },
    }),
    responses: {
      [status]: { description: "Done", content: { "application/json": { schema: {} } } },
      "4XX": error,
      "5XX": error,
    },
    ...(access !== "open" && { security: [{}, { bearer: [] }, { chromaToken: [] }] }),
  };
}

function queryParameters(query: z.ZodType): unknown[] {
  const { properties = {}, required = [] } = shapeOf(query);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

/** What clients send, before it is transformed. */
function shapeOf(schema: z.ZodType) {
  const { $schema: _, ...shape } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return shape;
}

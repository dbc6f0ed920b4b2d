import type { z } from "zod";
import type { Client } from "../index.js";
import type { ServedModels } from "./openai/served-models.js";

/** What the routes work on. */
export interface Service {
  readonly client: Client;
  readonly models: ServedModels;
  /** Whether clients may delete everything. */
  readonly allowReset: boolean;
  /** Version of nigh. */
  readonly version: string;
  /** Whether new requests are taken. */
  isReady(): boolean;
  metrics(): Promise<string>;
}

/** A request that was let in, its parts checked. */
export interface RouteRequest<Body, Query> {
  readonly service: Service;
  /** Parts of the path, by their names. */
  readonly path: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  /** Fires when the answer is no longer waited for. */
  readonly signal: AbortSignal;
}

/** An answer that is no JSON, or none of status 200. */
export class Answer {
  readonly body: unknown;
  readonly status: number;
  /** Default: JSON. */
  readonly type: string | undefined;

  constructor(body: unknown, { status = 200, type }: { status?: number; type?: string } = {}) {
    this.body = body;
    this.status = status;
    this.type = type;
  }
}

/** Who may call a route: anybody; holders of a token; of a token that may write. */
export type Access = "open" | "read" | "write";

/** One operation of the API: the server registers it, and the OpenAPI document is made of it. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its parts in braces, as OpenAPI writes it. */
  readonly path: string;
  /** OpenAPI's operationId. */
  readonly name: string;
  readonly summary: string;
  readonly access: Access;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  /** Of success, when it is not 200. */
  readonly status?: number;
  /** @returns what is sent as JSON, or an {@link Answer}. */
  handle(request: RouteRequest<unknown, unknown>): unknown;
}

type Typed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A route whose handler is given what its schemas make of body and query. */
export function route<
  Body extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
>(
  parts: Omit<Route, "handle" | "body" | "query"> & {
    body?: Body;
    query?: Query;
    handle(request: RouteRequest<Typed<Body>, Typed<Query>>): unknown;
  },
): Route {
  return parts as unknown as Route;
}

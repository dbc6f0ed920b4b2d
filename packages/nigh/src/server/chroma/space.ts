import type { Client, Collection } from "../../index.js";
import { invalidArgument } from "../http-error.js";
import type { RouteRequest } from "../route.js";

/** Paths below this are of one database. */
export const DATABASE_PATH = "/api/v2/tenants/{tenant}/databases/{database}";

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/iu;

type AnyRequest = Pick<RouteRequest<unknown, unknown>, "service" | "path">;

/** The client of the database that a path names. */
export function spaceOf({ service, path }: AnyRequest): Client {
  return service.client.space({
    tenant: path["tenant"] as string,
    database: path["database"] as string,
  });
}

/** The collection whose id a path has. @throws HttpError 400; NighError `ERR_NOT_FOUND`. */
export async function collectionOf(request: AnyRequest): Promise<Collection> {
  const id = request.path["collection"] as string;
  if (!UUID.test(id)) throw invalidArgument("Collection ID is not a valid UUIDv4");
  return spaceOf(request).getCollectionById({ id: canonical(id), embeddingFunction: null });
}

function canonical(id: string): string {
  const digits = id.replaceAll("-", "").toLowerCase();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
}

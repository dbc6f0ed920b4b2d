import { z } from "zod";
import { invalidArgument, notFound } from "../http-error.js";
import { type Route, route } from "../route.js";
import { jsonObject, metadata, optional } from "../shapes.js";
import { collectionModel } from "./collection-model.js";
import {
  changedConfiguration,
  changesOfRequest,
  configurationOfRequest,
  newConfiguration,
} from "./configuration-json.js";
import { pageQuery } from "./page-query.js";
import { collectionOf, DATABASE_PATH, spaceOf } from "./space.js";

const COLLECTIONS = `${DATABASE_PATH}/collections`;
/** In this place of a path some operations expect a name, others an id. */
const COLLECTION = `${COLLECTIONS}/{collection}`;

export const collectionRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: COLLECTIONS,
    name: "create_collection",
    summary: "Make a collection, or get the one of this name",
    access: "write",
    body: z.object({
      name: z.string(),
      metadata: optional(metadata),
      configuration: optional(newConfiguration),
      schema: optional(jsonObject.meta({ type: "object" })),
      get_or_create: optional(z.boolean()),
    }),
    handle: async (request) => {
      const { name, metadata, configuration, schema, get_or_create } = request.body;
      const space = spaceOf(request);
      const options = {
        name,
        ...(metadata && { metadata }),
        configuration: configurationOfRequest(configuration, schema, metadata),
        embeddingFunction: null,
      };
      const made = get_or_create
        ? await space.getOrCreateCollection(options)
        : await space.createCollection(options);
      return collectionModel(made);
    },
  }),
  route({
    method: "GET",
    path: COLLECTIONS,
    name: "list_collections",
    summary: "Collections, in the order in which they were made",
    access: "read",
    query: pageQuery,
    handle: async (request) => {
      const collections = await spaceOf(request).listCollections(request.query);
      return Promise.all(collections.map(collectionModel));
    },
  }),
  route({
    method: "GET",
    path: `${DATABASE_PATH}/collections_count`,
    name: "count_collections",
    summary: "How many collections there are",
    access: "read",
    handle: (request) => spaceOf(request).countCollections(),
  }),
  route({
    method: "GET",
    path: COLLECTION,
    name: "get_collection",
    summary: "A collection by its name",
    access: "read",
    handle: async (request) =>
      collectionModel(await spaceOf(request).getCollection(named(request.path))),
  }),
  route({
    method: "GET",
    path: `${COLLECTIONS}/by-id/{collection}`,
    name: "get_collection_by_id",
    summary: "A collection by its id",
    access: "read",
    handle: async (request) => collectionModel(await collectionOf(request)),
  }),
  route({
    method: "GET",
    path: "/api/v2/collections/{crn}",
    name: "get_collection_by_crn",
    summary: "A collection by tenant:database:name",
    access: "read",
    handle: async ({ service, path }) => {
      const [tenant, database, name, ...more] = (path["crn"] as string).split(":");
      if (!tenant || !database || !name || more.length > 0) {
        throw invalidArgument("Expected tenant:database:name.");
      }
      const space = service.client.space({ tenant, database });
      return collectionModel(await space.getCollection({ name, embeddingFunction: null }));
    },
  }),
  route({
    method: "PUT",
    path: COLLECTION,
    name: "update_collection",
    summary: "Change name, metadata or configuration of a collection, by its id",
    access: "write",
    body: z.object({
      new_name: optional(z.string()),
      new_metadata: optional(metadata),
      new_configuration: optional(changedConfiguration),
    }),
    handle: async (request) => {
      const { new_name, new_metadata, new_configuration } = request.body;
      const collection = await collectionOf(request);
      await collection.modify({
        ...(new_name !== undefined && { name: new_name }),
        ...(new_metadata && { metadata: new_metadata }),
        ...(new_configuration && { configuration: changesOfRequest(new_configuration) }),
      });
      return {};
    },
  }),
  route({
    method: "DELETE",
    path: COLLECTION,
    name: "delete_collection",
    summary: "Delete a collection, by its name",
    access: "write",
    handle: async (request) => {
      const { name } = named(request.path);
      await spaceOf(request).deleteCollection({ name });
      return {};
    },
  }),
  route({
    method: "POST",
    path: `${COLLECTION}/fork`,
    name: "fork_collection",
    summary: "Copy a collection as it is now",
    access: "write",
    body: z.object({ new_name: z.string() }),
    handle: async (request) => {
      const collection = await collectionOf(request);
      const { id } = await collection.fork({ name: request.body.new_name });
      // As it is stored: the copy itself was made of what the catalogue had before its records.
      const fork = await spaceOf(request).getCollectionById({ id, embeddingFunction: null });
      return collectionModel(fork);
    },
  }),
  route({
    method: "GET",
    path: `${COLLECTION}/fork_count`,
    name: "fork_count",
    summary: "How many forks there are of a collection and its relatives",
    access: "read",
    handle: async (request) => ({ count: await (await collectionOf(request)).forkCount() }),
  }),
];

/** A name that cannot be is not there. */
function named(path: Readonly<Record<string, string>>): { name: string; embeddingFunction: null } {
  const name = path["collection"] as string;
  if (!/^[\w.+-]{3,512}$/u.test(name)) {
    throw notFound(`Collection [${name.slice(0, 100)}] does not exist`);
  }
  return { name, embeddingFunction: null };
}

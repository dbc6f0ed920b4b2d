import { collectionRoutes } from "./chroma/collection-routes.js";
import { recordRoutes } from "./chroma/record-routes.js";
import { searchRoutes } from "./chroma/search-routes.js";
import { systemRoutes } from "./chroma/system-routes.js";
import { tenantRoutes } from "./chroma/tenant-routes.js";
import { openApi } from "./open-api.js";
import { embeddingsRoute } from "./openai/embeddings-route.js";
import { modelRoutes } from "./openai/model-routes.js";
import { operationRoutes } from "./operations/operation-routes.js";
import { type Route, route } from "./route.js";

const described: readonly Route[] = [
  ...operationRoutes,
  ...systemRoutes,
  ...tenantRoutes,
  ...collectionRoutes,
  ...recordRoutes,
  ...searchRoutes,
  embeddingsRoute,
  ...modelRoutes,
];

/** Everything that the server answers to. */
export const routes: readonly Route[] = [
  ...described,
  route({
    method: "GET",
    path: "/openapi.json",
    name: "openapi",
    summary: "This document",
    access: "read",
    handle: ({ service }) => openApi(routes, service.version),
  }),
];

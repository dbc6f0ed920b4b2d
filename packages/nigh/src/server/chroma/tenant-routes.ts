import { z } from "zod";
import { type Route, route } from "../route.js";
import { pageQuery } from "./page-query.js";

const named = z.object({ name: z.string() });
const TENANT = "/api/v2/tenants/{tenant}";

export const tenantRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/api/v2/tenants",
    name: "create_tenant",
    summary: "Make a tenant",
    access: "write",
    body: named,
    handle: async ({ service, body }) => {
      await service.client.createTenant({ name: body.name });
      return {};
    },
  }),
  route({
    method: "GET",
    path: TENANT,
    name: "get_tenant",
    summary: "A tenant",
    access: "read",
    handle: async ({ service, path }) => {
      const tenant = await service.client.getTenant({ name: path["tenant"] as string });
      return { name: tenant.name, resource_name: tenant.resourceName };
    },
  }),
  route({
    method: "PATCH",
    path: TENANT,
    name: "update_tenant",
    summary: "Name the resource of a tenant",
    access: "write",
    body: z.object({ resource_name: z.string() }),
    handle: async ({ service, path, body }) => {
      const name = path["tenant"] as string;
      await service.client.nameTenantResource({ name, resourceName: body.resource_name });
      return {};
    },
  }),
  route({
    method: "POST",
    path: `${TENANT}/databases`,
    name: "create_database",
    summary: "Make a database, in a tenant that need not be there",
    access: "write",
    body: named,
    handle: async ({ service, path, body }) => {
      await service.client.createDatabase({ tenant: path["tenant"] as string, name: body.name });
      return {};
    },
  }),
  route({
    method: "GET",
    path: `${TENANT}/databases`,
    name: "list_databases",
    summary: "The databases of a tenant, in the order in which they were made",
    access: "read",
    query: pageQuery,
    handle: ({ service, path, query }) =>
      service.client.listDatabases({ tenant: path["tenant"] as string, ...query }),
  }),
  route({
    method: "GET",
    path: `${TENANT}/databases/{database}`,
    name: "get_database",
    summary: "A database",
    access: "read",
    handle: ({ service, path }) =>
      service.client.getDatabase({
        tenant: path["tenant"] as string,
        name: path["database"] as string,
      }),
  }),
  route({
    method: "DELETE",
    path: `${TENANT}/databases/{database}`,
    name: "delete_database",
    summary: "Delete a database with its collections",
    access: "write",
    handle: async ({ service, path }) => {
      await service.client.deleteDatabase({
        tenant: path["tenant"] as string,
        name: path["database"] as string,
      });
      return {};
    },
  }),
];

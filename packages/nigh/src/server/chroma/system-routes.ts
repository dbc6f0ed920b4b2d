import { HttpError } from "../http-error.js";
import { Answer, type Route, route } from "../route.js";

/** So many records clients send at a time. It is not enforced: bodies have a limit of their own. */
const MAX_BATCH_SIZE = 5461;
/** Of Chroma's API, whatever the release: clients compare it. */
const API_VERSION = "1.0.0";

const heartbeat = () => ({ "nanosecond heartbeat": BigInt(Date.now()) * 1_000_000n });

export const systemRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v2",
    name: "root",
    summary: "The time of the server",
    access: "open",
    handle: heartbeat,
  }),
  route({
    method: "GET",
    path: "/api/v2/heartbeat",
    name: "heartbeat",
    summary: "The time of the server, in nanoseconds since 1970",
    access: "open",
    handle: heartbeat,
  }),
  route({
    method: "GET",
    path: "/api/v2/version",
    name: "version",
    summary: "Version of Chroma's API",
    access: "open",
    handle: () => API_VERSION,
  }),
  route({
    method: "GET",
    path: "/api/v2/healthcheck",
    name: "healthcheck",
    summary: "Whether requests are taken",
    access: "open",
    handle: ({ service }) => {
      const ready = service.isReady();
      const body = { is_executor_ready: ready, is_log_client_ready: ready };
      return new Answer(body, { status: ready ? 200 : 503 });
    },
  }),
  route({
    method: "GET",
    path: "/api/v2/pre-flight-checks",
    name: "pre_flight_checks",
    summary: "What clients may send",
    access: "read",
    handle: () => ({ max_batch_size: MAX_BATCH_SIZE, supports_base64_encoding: true }),
  }),
  route({
    method: "GET",
    path: "/api/v2/auth/identity",
    name: "get_user_identity",
    summary: "Which tenant and databases a client has to do with",
    access: "read",
    handle: () => ({ user_id: "", tenant: "default_tenant", databases: ["default_database"] }),
  }),
  route({
    method: "POST",
    path: "/api/v2/reset",
    name: "reset",
    summary: "Delete everything, where the server was started with --allow-reset",
    access: "write",
    handle: async ({ service }) => {
      if (!service.allowReset) {
        throw new HttpError(
          403,
          "AuthorizationError",
          "Reset is not allowed: start the server with --allow-reset.",
        );
      }
      await service.client.reset();
      return true;
    },
  }),
];

import { Answer, type Route, route } from "../route.js";

export const operationRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/healthz",
    name: "healthz",
    summary: "Whether the process is alive",
    access: "open",
    handle: () => ({ status: "ok" }),
  }),
  route({
    method: "GET",
    path: "/readyz",
    name: "readyz",
    summary: "Whether requests are taken: not while the server stops",
    access: "open",
    handle: ({ service }) =>
      service.isReady() ? { status: "ready" } : new Answer({ status: "stopping" }, { status: 503 }),
  }),
  route({
    method: "GET",
    path: "/metrics",
    name: "metrics",
    summary: "Figures for Prometheus",
    access: "read",
    handle: async ({ service }) =>
      new Answer(await service.metrics(), { type: "text/plain; version=0.0.4; charset=utf-8" }),
  }),
];

import { notFound } from "../http-error.js";
import { type Route, route } from "../route.js";

const described = (id: string) => ({ id, object: "model", created: 0, owned_by: "nigh" });

export const modelRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/models",
    name: "list_models",
    summary: "The models that texts can be embedded with",
    access: "read",
    handle: ({ service }) => ({ object: "list", data: service.models.names.map(described) }),
  }),
  route({
    method: "GET",
    path: "/v1/models/{model}",
    name: "retrieve_model",
    summary: "One of these models",
    access: "read",
    handle: ({ service, path }) => {
      const name = path["model"] as string;
      if (service.models.names.includes(name)) return described(name);
      throw notFound(`The model ${JSON.stringify(name.slice(0, 200))} is not served here.`);
    },
  }),
];

import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What Prometheus is told. */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #seconds: Histogram<"method" | "route" | "status">;

  /** @param running how many requests there are just now. */
  constructor(running: () => number) {
    collectDefaultMetrics({ register: this.#registry });
    this.#seconds = new Histogram({
      name: "nigh_http_request_duration_seconds",
      help: "From the request's head to its answer.",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [this.#registry],
    });
    new Gauge({
      name: "nigh_http_requests_running",
      help: "Requests that are being worked on.",
      registers: [this.#registry],
      collect() {
        this.set(running());
      },
    });
  }

  /** @param route its pattern: what clients write into a path must make no series of its own. */
  observe(method: string, route: string, status: number, seconds: number): void {
    this.#seconds.observe({ method, route, status: String(status) }, seconds);
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

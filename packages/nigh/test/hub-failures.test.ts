import { readdirSync } from "node:fs";
import { join } from "node:path";
import { cachedModels, downloadModel, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectRejection, rejection } from "./encoder/errors.js";
import { TINY_GOLDEN, TINY_MODEL } from "./encoder/fixtures.js";
import { expectSameVectors } from "./encoder/vectors.js";
import { useHub } from "./hub/hub-environment.js";
import {
  type Failure,
  filesOf,
  HubServer,
  type Reply,
  refuse,
  sendBody,
} from "./hub/hub-server.js";

const ID = "someone/tiny-model";
const WEIGHTS = "model.safetensors";
const FILES = filesOf(TINY_MODEL);
const SIZE = FILES[WEIGHTS]?.length as number;

let server: HubServer;
beforeAll(async () => {
  server = await HubServer.start();
  server.commit(ID, FILES);
});
afterAll(() => server.close());
const hub = useHub(() => server);

const blobs = (): string[] => readdirSync(join(hub.home, "hub/models--someone--tiny-model/blobs"));
/** Of the weights: other files that were under way when one failed may go on as well. */
const incomplete = (): string[] =>
  blobs().filter((name) => /^[0-9a-f]{64}\..*incomplete$/u.test(name));
const ranges = (): (string | undefined)[] => weightsSeen().map(({ range }) => range);
const weightsSeen = () =>
  server.seen.filter(
    ({ file, host, method }) => file === WEIGHTS && host === "cdn" && method === "GET",
  );
const isWeights = ({ seen }: Reply): boolean => seen.host === "cdn" && seen.file === WEIGHTS;

/** Fails the first `times` requests that `fits`. */
function first(
  times: number,
  fits: (reply: Reply) => boolean,
  fail: (reply: Reply) => void,
): Failure {
  let left = times;
  return (reply) => {
    if (!fits(reply) || left === 0) return false;
    left -= 1;
    fail(reply);
    return true;
  };
}

/** Sends `bytes` of what was asked for, and breaks the connection when they have left. */
function cutAfter({ request, response, body }: Reply, bytes: number): void {
  const [, from = "0"] = /^bytes=(\d+)-$/u.exec(request.headers.range ?? "") ?? [];
  const part = body.subarray(Number(from));
  response.writeHead(request.headers.range ? 206 : 200, {
    "content-length": part.length,
    "content-range": `bytes ${from}-${body.length - 1}/${body.length}`,
  });
  response.write(part.subarray(0, bytes), () => setImmediate(() => response.destroy()));
}

async function expectWhole(): Promise<void> {
  const model = await SentenceTransformer.load(ID, { threads: 1, localFilesOnly: true });
  expectSameVectors(
    await model.encode(TINY_GOLDEN.texts.slice(0, 3)),
    TINY_GOLDEN.embeddings.slice(0, 3),
  );
  await model.close();
  expect(incomplete()).toEqual([]);
}

/** No half of a model counts: the cache has none, and a load without the network says so. */
async function expectNoModel(): Promise<void> {
  expect(await cachedModels()).toEqual([]);
  await expectRejection(
    SentenceTransformer.load(ID, { localFilesOnly: true }),
    "ERR_MODEL_NOT_FOUND",
  );
}

describe("a connection that breaks in the middle of a file", () => {
  it("goes on at the byte where it broke", async () => {
    server.failure = first(2, isWeights, (reply) => cutAfter(reply, 500_000));
    await downloadModel(ID);
    const [begin, second, third] = ranges();
    expect(ranges()).toHaveLength(3);
    expect(begin).toBeUndefined();
    for (const range of [second, third]) expect(range).toMatch(/^bytes=[1-9]\d*-$/u);
    await expectWhole();
  });

  it("is no model, and the next download goes on with what has arrived", async () => {
    const stop = new AbortController();
    server.failure = first(1, isWeights, (reply) => {
      const { response, body } = reply;
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, 700_000));
    });
    const download = downloadModel(ID, {
      signal: stop.signal,
      onProgress: ({ file, done }) => {
        if (file === WEIGHTS && done > 600_000) stop.abort("enough");
      },
    });
    const error = await rejection(download);
    expect(error).toMatchObject({ code: "ERR_ABORTED", cause: "enough" });
    expect(incomplete()).toHaveLength(1);
    await expectNoModel();

    server.reset();
    await downloadModel(ID);
    expect(ranges()).toHaveLength(1);
    const [, from] = /^bytes=(\d+)-$/u.exec(ranges()[0] ?? "") ?? [];
    expect(Number(from)).toBeGreaterThan(0);
    expect(Number(from)).toBeLessThan(SIZE);
    await expectWhole();
  });

  it("begins anew where the server has no ranges", async () => {
    let times = 0;
    server.failure = (reply) => {
      if (!isWeights(reply)) return false;
      times += 1;
      if (times === 1) cutAfter(reply, 500_000);
      else {
        reply.response.writeHead(200, { "content-length": SIZE });
        reply.response.end(reply.body);
      }
      return true;
    };
    await downloadModel(ID);
    expect(times).toBe(2);
    await expectWhole();
  });

  it("brings all of it again where what had arrived was damaged", async () => {
    server.failure = first(1, isWeights, (reply) => {
      const damaged = Buffer.from(reply.body);
      damaged[1000] = (damaged[1000] ?? 0) ^ 1;
      cutAfter({ ...reply, body: damaged }, 500_000);
    });
    const stop = new AbortController();
    await expectRejection(
      downloadModel(ID, {
        signal: stop.signal,
        onProgress: ({ file }) => file === WEIGHTS && stop.abort(),
      }),
      "ERR_ABORTED",
    );
    server.reset();
    await downloadModel(ID);
    expect(ranges().map((range) => range === undefined)).toEqual([false, true]);
    await expectWhole();
  });
});

describe("a file that is not what the Hub announced", () => {
  it("of the same length: ERR_CHECKSUM with both checksums, and nothing is kept", async () => {
    server.failure = (reply) => {
      if (!isWeights(reply)) return false;
      sendBody({ ...reply, body: Buffer.alloc(SIZE, 7) });
      return true;
    };
    await expectRejection(
      downloadModel(ID),
      "ERR_CHECKSUM",
      ...[`${WEIGHTS} of "${ID}"`, "checksum", "expected", "HF_ENDPOINT"],
    );
    expect(incomplete()).toEqual([]);
    await expectNoModel();
  });

  it.each([
    ["longer", SIZE + 1],
    ["shorter", SIZE - 1],
  ])("%s: ERR_CHECKSUM with both lengths", async (_, length) => {
    server.failure = (reply) => {
      if (!isWeights(reply)) return false;
      sendBody({ ...reply, body: Buffer.alloc(length) });
      return true;
    };
    await expectRejection(downloadModel(ID), "ERR_CHECKSUM", `${length}`, `expected ${SIZE}`);
    expect(incomplete()).toEqual([]);
    await expectNoModel();
  });

  it("longer than it says: ERR_CHECKSUM as soon as it is", async () => {
    server.failure = (reply) => {
      if (!isWeights(reply)) return false;
      reply.response.writeHead(200);
      reply.response.end(Buffer.alloc(SIZE + 100_000));
      return true;
    };
    await expectRejection(downloadModel(ID), "ERR_CHECKSUM", `expected ${SIZE}`);
    await expectNoModel();
  });

  it("a small one: git's checksum is compared as well", async () => {
    server.failure = (reply) => {
      const { file, method } = reply.seen;
      if (file !== "1_Pooling/config.json" || method !== "GET") return false;
      sendBody({ ...reply, body: Buffer.alloc(reply.body.length, 32) });
      return true;
    };
    await expectRejection(downloadModel(ID), "ERR_CHECKSUM", "1_Pooling/config.json");
  });

  it("has no checksum at all: ERR_SERVER, nothing is downloaded that cannot be checked", async () => {
    server.failure = (reply) => {
      if (reply.seen.file !== "config.json") return false;
      sendBody(reply, { etag: '"v1"' });
      return true;
    };
    await expectRejection(downloadModel(ID), "ERR_SERVER", "no checksum", "v1");
  });
});

describe("a server that is busy or fails", () => {
  it.each([429, 500, 503])("status %d with Retry-After is tried again", async (status) => {
    let waited = 0;
    server.failure = first(
      3,
      ({ seen }) => seen.file === "info",
      ({ response }) => {
        waited += 1;
        response.setHeader("retry-after", "0");
        refuse(response, status);
      },
    );
    await downloadModel(ID);
    expect(waited).toBe(3);
    await expectWhole();
  });

  it("waits as long as Retry-After says", async () => {
    const times: number[] = [];
    server.failure = first(1, isWeights, ({ response }) => {
      times.push(performance.now());
      response.setHeader("retry-after", "1");
      refuse(response, 429);
    });
    await downloadModel(ID, {
      onProgress: ({ file }) => {
        if (file === WEIGHTS && times.length === 1) times.push(performance.now());
      },
    });
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(950);
  });

  it("is given up after five attempts: ERR_SERVER, ERR_BUSY", async () => {
    for (const [status, code] of [
      [502, "ERR_SERVER"],
      [429, "ERR_BUSY"],
    ] as const) {
      server.reset();
      server.failure = ({ response }) => {
        response.setHeader("retry-after", "0");
        refuse(response, status);
        return true;
      };
      await expectRejection(downloadModel(ID), code, `answered ${status}`, "try again");
      expect(server.seen).toHaveLength(5);
    }
  });

  it("is not waited for when it asks for more than a minute: ERR_BUSY that says how long", async () => {
    server.failure = ({ response }) => {
      response.setHeader("retry-after", "3600");
      refuse(response, 429);
      return true;
    };
    await expectRejection(downloadModel(ID), "ERR_BUSY", "try again in 3600 s");
    expect(server.seen).toHaveLength(1);
  });

  it("that is no Hub: ERR_SERVER that names HF_ENDPOINT", async () => {
    for (const text of ["<html>log in</html>", '{"sha":"x"}']) {
      server.failure = ({ response }) => {
        response.end(text);
        return true;
      };
      await expectRejection(downloadModel(ID), "ERR_SERVER", "HF_ENDPOINT");
    }
  });

  it("that redirects for ever: ERR_SERVER", async () => {
    server.failure = ({ response, request }) => {
      response.writeHead(307, { location: request.url });
      response.end();
      return true;
    };
    await expectRejection(downloadModel(ID), "ERR_SERVER", "redirects more than 10 times");
  });

  it("that is not there: ERR_CONNECTION with the address and what to do", {
    timeout: 30_000,
  }, async () => {
    const gone = await HubServer.start();
    const { url } = gone;
    await gone.close();
    process.env["HF_ENDPOINT"] = url;
    await expectRejection(
      SentenceTransformer.load(ID),
      "ERR_CONNECTION",
      ...[url, "ECONNREFUSED", "HTTPS_PROXY", "localFilesOnly"],
    );
  });
});

it("a signal stops a slow trickle at once, and what has arrived is kept", async () => {
  const stop = new AbortController();
  const open: NodeJS.Timeout[] = [];
  server.failure = first(1, isWeights, ({ response, body }) => {
    response.writeHead(200, { "content-length": body.length });
    let sent = 0;
    const trickle = setInterval(() => {
      response.write(body.subarray(sent, sent + 100));
      sent += 100;
    }, 5);
    open.push(trickle);
    response.on("close", () => clearInterval(trickle));
  });
  const download = downloadModel(ID, {
    signal: stop.signal,
    onProgress: ({ file }) => file === WEIGHTS && stop.abort(),
  });
  await expectRejection(download, "ERR_ABORTED");
  for (const one of open) clearInterval(one);
  expect(incomplete()).toHaveLength(1);
  await expectNoModel();
});

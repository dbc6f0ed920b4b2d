import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

/** Postgres with pgvector in this process, behind a socket. */
export class TestPostgres {
  readonly db: PGlite;
  readonly url: string;
  readonly #server: PGLiteSocketServer;

  private constructor(db: PGlite, server: PGLiteSocketServer) {
    this.db = db;
    this.#server = server;
    this.url = `postgres://postgres:secret@${server.getServerConn()}/postgres`;
  }

  static async start(): Promise<TestPostgres> {
    const db = await PGlite.create({ extensions: { vector } });
    const server = new PGLiteSocketServer({ db, port: 0, host: "127.0.0.1", maxConnections: 50 });
    await server.start();
    return new TestPostgres(db, server);
  }

  /** As if nothing had been here. */
  async wipe(): Promise<void> {
    await this.db.exec("DROP SCHEMA IF EXISTS nigh CASCADE");
  }

  async close(): Promise<void> {
    await this.#server.stop();
    await this.db.close();
  }
}

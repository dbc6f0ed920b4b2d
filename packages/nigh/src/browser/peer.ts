import { messageOf, NighError } from "../shared/errors.js";
import type { Message } from "./messages.js";
import { type Reference, type References, read, transferable, write } from "./wire.js";
import { readError, writeError } from "./wire-error.js";

/** The part of a Worker, or of a worker's own scope, that a peer needs. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/** What a side offers, and how it knows its own. */
export interface Side {
  /** Whether vectors that are answered are nobody else's: they then cross without being copied. */
  readonly transfers: boolean;
  /** What is called as target 0. */
  readonly root: object;
  /** The type of something that is not copied but referred to, such as a model; undefined for what is copied. */
  typeOf(value: object): string | undefined;
  /** What the other side shall know of it without asking. */
  factsOf(value: object): unknown;
  /** Stands in for something of the other side. */
  standIn(type: string, remote: Remote): object;
}

type Method = (...args: unknown[]) => unknown;

interface Waiting {
  readonly remote: Remote | undefined;
  /** What stops listening to the signals that were sent with the call. */
  readonly signals: readonly (() => void)[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Something that the other side keeps. */
export class Remote {
  readonly target: number;
  /** As of the last call. */
  facts: Record<string, unknown>;
  readonly #peer: Peer;

  constructor(peer: Peer, target: number, facts: unknown) {
    this.#peer = peer;
    this.target = target;
    this.facts = (facts ?? {}) as Record<string, unknown>;
  }

  call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    return this.#peer.call(this, method, args) as Promise<T>;
  }
}

/**
 * One of two sides that call each other's objects by messages: a page and its worker. Plain values, vectors and results are copied;
 * models, clients, collections and functions stay where they are, and the other side has something that stands in for them.
 * Errors arrive as they were thrown: code, message, cause. An AbortSignal fires on both sides.
 */
export class Peer {
  readonly #port: Port;
  readonly #side: Side;
  /** What the other side has, and how often it was sent there: each time makes a stand-in, which is released. */
  readonly #kept = new Map<number, { readonly object: object; sent: number }>();
  readonly #ids = new WeakMap<object, number>();
  /** By what stands in for it. */
  readonly #remotes = new WeakMap<object, Remote>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #controllers = new Map<number, AbortController>();
  readonly #dropped = new FinalizationRegistry<number>((target) =>
    this.#post({ kind: "release", target }),
  );
  #nextId = 1;
  #failure: NighError | undefined;

  constructor(port: Port, side: Side) {
    this.#port = port;
    this.#side = side;
    this.#kept.set(0, { object: side.root, sent: 1 });
    port.addEventListener("message", ({ data }) => this.#receive(data as Message));
  }

  /** What the other side offers from the start. */
  root(): Remote {
    return new Remote(this, 0, undefined);
  }

  /** The stand-in of something of the other side, as an argument for it. */
  bind(standIn: object, remote: Remote): void {
    this.#remotes.set(standIn, remote);
    this.#dropped.register(standIn, remote.target);
  }

  /** @throws NighError `ERR_INVALID_ARGUMENT` for what cannot be sent. */
  call(remote: Remote, method: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure;
      const id = this.#nextId++;
      const signals: (() => void)[] = [];
      const written = args.map((arg) => write(arg, this.#references({ sent: signals })));
      this.#waiting.set(id, { remote, signals, resolve, reject });
      try {
        this.#post({ kind: "call", id, target: remote.target, method, args: written });
      } catch (cause) {
        this.#end(id);
        throw new NighError(
          "ERR_INVALID_ARGUMENT",
          `${method}: an argument cannot be given to the worker: ${messageOf(cause)}`,
          { cause },
        );
      }
    });
  }

  /** Ends all calls: the other side is gone. */
  fail(error: NighError): void {
    this.#failure = error;
    for (const id of [...this.#waiting.keys()]) this.#end(id)?.reject(error);
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case "call":
        void this.#answer(message);
        return;
      case "answer": {
        const waiting = this.#end(message.id);
        if (waiting?.remote && message.facts !== undefined)
          waiting.remote.facts = message.facts as Record<string, unknown>;
        waiting?.resolve(read(message.value, this.#references({})));
        return;
      }
      case "failure":
        this.#end(message.id)?.reject(readError(message.error));
        return;
      case "abort":
        this.#controllers.get(message.signal)?.abort(message.reason);
        return;
      case "release":
        this.#release(message.target);
    }
  }

  async #answer({ id, target, method, args }: Extract<Message, { kind: "call" }>): Promise<void> {
    const signals: number[] = [];
    try {
      const object = this.#kept.get(target)?.object as Record<string, Method> | undefined;
      if (object === undefined) throw new TypeError(`${method}: there is no such object any more`);
      const given = args.map((arg) => read(arg, this.#references({ received: signals })));
      const callable = object as unknown as Method;
      const value = await (method === "" ? callable(...given) : object[method]?.(...given));
      const facts = target === 0 ? undefined : this.#side.factsOf(object);
      const written = write(value, this.#references({}));
      const transfer = this.#side.transfers ? transferable(value) : [];
      this.#post({ kind: "answer", id, value: written, facts }, transfer);
    } catch (error) {
      this.#post({ kind: "failure", id, error: writeError(error) });
    } finally {
      for (const signal of signals) this.#controllers.delete(signal);
    }
  }

  /** @param signals where the signals of a call are noted: they are followed until it ends. */
  #references(signals: { sent?: (() => void)[]; received?: number[] }): References {
    return {
      refer: (value) => this.#refer(value),
      resolve: (reference) => this.#resolve(reference),
      sendSignal: (signal) => this.#sendSignal(signal, signals.sent),
      receiveSignal: (signal, aborted, reason) => {
        const controller = new AbortController();
        if (aborted) controller.abort(reason);
        this.#controllers.set(signal, controller);
        signals.received?.push(signal);
        return controller.signal;
      },
    };
  }

  #refer(value: object): Reference | undefined {
    const remote = this.#remotes.get(value);
    // The other side's own comes back to it.
    if (remote !== undefined) return { target: remote.target, type: "own", facts: undefined };
    const type = typeof value === "function" ? "function" : this.#side.typeOf(value);
    if (type === undefined) return undefined;
    const id = this.#ids.get(value) ?? this.#nextId++;
    this.#ids.set(value, id);
    this.#kept.set(id, { object: value, sent: (this.#kept.get(id)?.sent ?? 0) + 1 });
    return { target: id, type, facts: this.#side.factsOf(value) };
  }

  #resolve({ target, type, facts }: Reference): unknown {
    if (type === "own") return this.#kept.get(target)?.object;
    const remote = new Remote(this, target, facts);
    const standIn = type === "function" ? callable(remote) : this.#side.standIn(type, remote);
    this.bind(standIn, remote);
    return standIn;
  }

  #sendSignal(signal: AbortSignal, sent: (() => void)[] | undefined): number {
    const id = this.#nextId++;
    const onAbort = (): void => {
      this.#post({ kind: "abort", signal: id, reason: reasonOf(signal) });
    };
    signal.addEventListener("abort", onAbort, { once: true });
    sent?.push(() => signal.removeEventListener("abort", onAbort));
    return id;
  }

  /** Takes a call off the list, with what was sent for it. */
  #end(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const stop of waiting?.signals ?? []) stop();
    return waiting;
  }

  #release(target: number): void {
    const kept = this.#kept.get(target);
    if (kept === undefined) return;
    kept.sent--;
    if (kept.sent === 0) this.#kept.delete(target);
  }

  #post(message: Message, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

/** Who ignores what a function answers, ignores its failure too. */
function callable(remote: Remote): Method {
  return (...args) => {
    const answer = remote.call("", ...args);
    answer.catch(() => {});
    return answer;
  };
}

function reasonOf({ reason }: AbortSignal): unknown {
  try {
    return structuredClone(reason);
  } catch {
    return String(reason);
  }
}

import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { messageOf, NighError } from "../../shared/errors.js";
import { type ByteSink, type ByteSource, checkRemaining } from "./byte-stream.js";

/** Fields are small: they are read and written this many bytes at a time. */
const BUFFER_BYTES = 65_536;
/** Below the 2 GiB that one call can read or write. */
const MOST_AT_ONCE = 2 ** 30;

/**
 * Reads a file with `read`, from its first byte, and closes it.
 *
 * @throws NighError `ERR_FILE` when the file cannot be opened or read; whatever `read` throws.
 */
export function readFile<T>(path: string, read: (source: ByteSource) => T): T {
  const file = attempt(path, "opened", () => openSync(path, "r"));
  try {
    const stats = attempt(path, "read", () => fstatSync(file));
    if (!stats.isFile()) {
      throw new NighError("ERR_FILE", `${path} is no file: give the path of an index file.`);
    }
    return read(new FileSource(path, file, stats.size));
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a file with `write`: under a temporary name beside it, which takes its place when all is on the disk. A call
 * that throws leaves what was there as it was.
 *
 * @throws NighError `ERR_FILE` when the file cannot be written; whatever `write` throws.
 */
export function writeFile(path: string, write: (sink: ByteSink) => void): void {
  const temporary = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.new`;
  const file = attempt(path, "written", () => openSync(temporary, "wx"));
  try {
    try {
      const sink = new FileSink(path, file);
      write(sink);
      sink.flush();
      attempt(path, "written", () => fsyncSync(file));
    } finally {
      closeSync(file);
    }
    attempt(path, "written", () => renameSync(temporary, path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  private readonly file: number;
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  /** The part of the file that the buffer holds: from `start`, `length` bytes. */
  private start = 0;
  private length = 0;
  private at = 0;

  constructor(name: string, file: number, size: number) {
    this.name = name;
    this.file = file;
    this.size = size;
  }

  get position(): number {
    return this.at;
  }

  get remaining(): number {
    return this.size - this.at;
  }

  readInto(bytes: Uint8Array): void {
    checkRemaining(this, bytes.length);
    const offset = this.at - this.start;
    const held = this.buffer.subarray(Math.min(offset, this.length), this.length);
    const first = held.subarray(0, bytes.length);
    bytes.set(first);
    const rest = bytes.subarray(first.length);
    const from = this.at + first.length;
    if (rest.length >= BUFFER_BYTES) {
      this.fill(rest, from);
    } else if (rest.length > 0) {
      this.start = from;
      this.length = Math.min(BUFFER_BYTES, this.size - from);
      this.fill(this.buffer.subarray(0, this.length), from);
      rest.set(this.buffer.subarray(0, rest.length));
    }
    this.at += bytes.length;
  }

  skip(count: number): void {
    checkRemaining(this, count);
    this.at += count;
  }

  private fill(bytes: Uint8Array, from: number): void {
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(bytes.length - done, MOST_AT_ONCE);
      const position = from + done;
      const read = attempt(this.name, "read", () =>
        readSync(this.file, bytes, done, length, position),
      );
      if (read === 0) {
        throw new NighError(
          "ERR_FILE",
          `${this.name} became shorter while it was read: ${this.size} bytes at first, ${position} now. Read it again.`,
        );
      }
      done += read;
    }
  }
}

class FileSink implements ByteSink {
  private readonly name: string;
  private readonly file: number;
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  private held = 0;

  constructor(name: string, file: number) {
    this.name = name;
    this.file = file;
  }

  write(bytes: Uint8Array): void {
    if (this.held + bytes.length > BUFFER_BYTES) this.flush();
    if (bytes.length > BUFFER_BYTES) {
      this.put(bytes);
    } else {
      this.buffer.set(bytes, this.held);
      this.held += bytes.length;
    }
  }

  flush(): void {
    this.put(this.buffer.subarray(0, this.held));
    this.held = 0;
  }

  private put(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(bytes.length - done, MOST_AT_ONCE);
      done += attempt(this.name, "written", () => writeSync(this.file, bytes, done, length));
    }
  }
}

/** Waits until the rename is on the disk, where the system can (Windows cannot). */
function syncFolder(folder: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(folder, "r");
    fsyncSync(handle);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPERM" && code !== "EISDIR" && code !== "EINVAL" && code !== "EACCES") {
      throw new NighError("ERR_FILE", `${folder} cannot be synced: ${messageOf(error)}.`, {
        cause: error,
      });
    }
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function attempt<T>(path: string, done: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new NighError("ERR_FILE", `${path} cannot be ${done}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

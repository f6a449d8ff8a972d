// Records every change that is made to a file system, and every sync, in order.
import type { DurableFs } from "../../src/file/durable-fs.js";
import type { Mark } from "./promises.js";

/** What was called. A file is known by a number of its own, as those of the system are used again. */
export type Call =
  | { readonly kind: "makeDirectory" | "removeDirectory" | "removeTree" | "syncDirectory"; readonly path: string }
  | { readonly kind: "create"; readonly path: string; readonly file: number }
  | { readonly kind: "write"; readonly file: number; bytes: Uint8Array }
  | { readonly kind: "syncFile"; readonly file: number }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "mark"; readonly mark: Mark };

export interface Recorded {
  readonly call: Call;
  /** When it began, counted in calls and ends of calls. */
  readonly began: number;
  /** When it had ended well: infinite if it has not. */
  ended: number;
}

export class Recording {
  readonly events: Recorded[] = [];
  /** How many moments there are at which the power can be cut. */
  moments = 0;
  #files = 0;
  readonly #open = new Map<number, number>();

  /** What was promised or begun. */
  mark(mark: Mark): void {
    this.#now({ kind: "mark", mark });
  }

  /** A file system that does what another does, and writes it down. What fails at once has changed nothing. */
  over(calls: DurableFs): DurableFs {
    const fileOf = (file: number): number => this.#open.get(file) as number;
    return {
      makeDirectory: (path) => this.#done(calls.makeDirectory(path), { kind: "makeDirectory", path }),
      create: (path) => {
        const file = calls.create(path);
        this.#open.set(file, ++this.#files);
        return this.#done(file, { kind: "create", path, file: this.#files });
      },
      write: (file, bytes) => this.#write(calls, file, bytes),
      syncFile: (file) => this.#during({ kind: "syncFile", file: fileOf(file) }, () => calls.syncFile(file)),
      close: (file) => calls.close(file),
      syncDirectory: (path) => this.#during({ kind: "syncDirectory", path }, () => calls.syncDirectory(path)),
      rename: (from, to) => this.#done(calls.rename(from, to), { kind: "rename", from, to }),
      removeDirectory: (path) => this.#done(calls.removeDirectory(path), { kind: "removeDirectory", path }),
      removeTree: (path) => this.#during({ kind: "removeTree", path }, () => calls.removeTree(path)),
      inspect: (path) => calls.inspect(path),
      list: (path) => calls.list(path),
      read: (path) => calls.read(path),
    };
  }

  #write(calls: DurableFs, file: number, bytes: Uint8Array): Promise<number> | number {
    const call: Extract<Call, { kind: "write" }> = { kind: "write", file: this.#open.get(file) as number, bytes: Uint8Array.from(bytes) };
    const took = (count: number): number => {
      call.bytes = call.bytes.subarray(0, count);
      return count;
    };
    const taken = calls.write(file, bytes);
    if (typeof taken === "number") return this.#done(took(taken), call);
    return this.#during(call, () => taken.then(took));
  }

  /** Notes what was done in one go. */
  #done<Result>(result: Result, call: Call): Result {
    this.#now(call);
    return result;
  }

  #now(call: Call): void {
    const moment = ++this.moments;
    this.events.push({ call, began: moment, ended: moment });
  }

  async #during<Result>(call: Call, action: () => Promise<Result>): Promise<Result> {
    const event: Recorded = { call, began: ++this.moments, ended: Number.POSITIVE_INFINITY };
    this.events.push(event);
    const result = await action();
    event.ended = ++this.moments;
    return result;
  }
}

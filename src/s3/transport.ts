import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type S3Client, signingClient } from "./s3-client.js";
import type { S3Settings } from "./s3-options.js";
import { parseErrorCode } from "./xml.js";

/** One request to a bucket. */
export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What a server answered. */
export interface S3Answer {
  readonly kind: "answer";
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** Of an error, as `NoSuchBucket`. */
  readonly code: string | null;
  /** Whether an attempt before was lost, which may still be carried out. */
  readonly afterLoss: boolean;
}

/** No whole answer came: whether the request was carried out is not known. */
export interface S3Loss {
  readonly kind: "loss";
  readonly cause: unknown;
}

export const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 100;
const TRANSIENT = new Set([408, 409, 429, 500, 502, 503, 504]);

/** Whether the same request may be answered otherwise in a moment. */
export const isTransient = ({ status, code }: S3Answer): boolean => TRANSIENT.has(status) || code === "RequestTimeout";

/** Waits before another attempt: longer each time, and not as long as others who failed at the same moment. */
export const pause = (attempt: number): Promise<void> => sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));

/** Sends signed requests to one bucket, and tells the time of its server. */
export class Transport {
  #client: Promise<S3Client> | null = null;
  #seen: { readonly serverMs: number; readonly atMs: number } | null = null;

  /** Private to the machine, not only to the compiler: it holds the credentials, which nobody must see who prints a store. */
  readonly #settings: Pick<S3Settings, "address" | "region" | "requestTimeoutMs" | "signer">;

  constructor(settings: S3Settings) {
    this.#settings = settings;
  }

  /** The server's time in milliseconds since 1970, to the second, or `null` if it has not told any. */
  now(): number | null {
    return this.#seen && this.#seen.serverMs + performance.now() - this.#seen.atMs;
  }

  /** Sends a request that is safe to repeat until there is an answer that counts, or until it was sent often enough. */
  async send(request: S3Request): Promise<S3Answer | S3Loss> {
    for (let attempt = 1, afterLoss = false; ; attempt++) {
      const reply = await this.attempt(request);
      if (reply.kind === "answer" && !isTransient(reply)) return { ...reply, afterLoss };
      if (attempt === ATTEMPTS) return reply;
      afterLoss ||= reply.kind === "loss";
      await pause(attempt);
    }
  }

  /** Sends a request once. */
  async attempt(request: S3Request): Promise<S3Answer | S3Loss> {
    const client = await this.#signer();
    const abort = new AbortController();
    const { requestTimeoutMs } = this.#settings;
    const timer = setTimeout(() => abort.abort(new DOMException("no answer in time", "TimeoutError")), requestTimeoutMs);
    try {
      return await this.#answer(await client.fetch(this.#url(request), initOf(request, abort.signal)), request.method);
    } catch (cause) {
      return { kind: "loss", cause };
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(response: Response, method: S3Request["method"]): Promise<S3Answer | S3Loss> {
    const { status, headers } = response;
    // The server said the time as it began to answer, however long the rest of the answer takes.
    const atMs = performance.now();
    const body = new Uint8Array(await response.arrayBuffer());
    const expected = headers.get("content-length");
    const isWhole = method === "HEAD" || expected === null || headers.has("content-encoding") || Number(expected) === body.length;
    if (!isWhole) return { kind: "loss", cause: new RangeError(`found ${body.length} bytes of an answer of ${expected}`) };
    const serverMs = Date.parse(headers.get("date") ?? "");
    if (!Number.isNaN(serverMs)) this.#seen = { serverMs, atMs };
    const code = status >= 300 ? parseErrorCode(new TextDecoder().decode(body)) : null;
    return { kind: "answer", status, headers, body, code, afterLoss: false };
  }

  #signer(): Promise<S3Client> {
    const { signer, region } = this.#settings;
    this.#client ??= "fetch" in signer ? Promise.resolve(signer) : signingClient(signer, region);
    return this.#client;
  }

  #url({ key, query }: S3Request): string {
    const pairs = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    // Keys hold only characters that mean nothing in an address.
    return this.#settings.address + key + (pairs.length === 0 ? "" : `?${pairs.join("&")}`);
  }
}

/** The payload is always signed, so that what is stored is what was sent. A redirect is an answer: it says that the region is wrong. */
function initOf({ method, headers, body }: S3Request, signal: AbortSignal): RequestInit {
  const sha256 = createHash("sha256")
    .update(body ?? "")
    .digest("hex");
  return {
    method,
    headers: { ...headers, "x-amz-content-sha256": sha256 },
    ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
    redirect: "manual",
    signal,
  };
}

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type KnownUser, TEST_USER, wrongSignature } from "./s3-signature.js";

/** What a test may do to a request: refuse it, cut its connection or leave it unanswered, each before or after it was carried out. */
export type S3Fault =
  | { readonly kind: "status"; readonly status: number; readonly code: string; readonly after?: boolean }
  | { readonly kind: "reset" | "stall"; readonly after?: boolean }
  /** Sends only a part of the answer. */
  | { readonly kind: "truncate" };

/** A request as a fault sees it. */
export interface SeenRequest {
  readonly method: string;
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
}

export interface S3ServerOptions {
  readonly user?: KnownUser;
  readonly region?: string;
  readonly buckets?: readonly string[];
  /** Conditions that are not looked at, or requests that have one are not known (`refused`). */
  readonly ignored?: readonly ("if-match" | "if-none-match")[];
  readonly refusesConditions?: boolean;
  /** How far the server's clock is ahead of this machine's. */
  readonly aheadMs?: number;
  readonly tellsTime?: boolean;
  /** What stands before the bucket in a path. */
  readonly base?: string;
  /** How many names a page of a listing holds. */
  readonly pageSize?: number;
  /** How long an answer takes. */
  readonly delayMs?: number;
}

interface Stored {
  readonly body: Buffer;
  readonly etag: string;
}

/** A server that speaks as much of S3 as a store needs: signed requests, conditional writes, listings by page. */
export class S3Server {
  /** By name, then by key. */
  readonly buckets = new Map<string, Map<string, Stored>>();
  /** Every request that was let through, as `PUT bucket/key`. */
  readonly seen: string[] = [];
  /** Asked before each request, which waits for the answer; counts by itself what it did. */
  fault: ((request: SeenRequest) => S3Fault | null | Promise<S3Fault | null>) | null = null;
  aheadMs: number;
  readonly #server: Server;
  readonly #user: KnownUser;
  readonly #region: string;

  private constructor(private readonly options: S3ServerOptions) {
    this.#user = options.user ?? TEST_USER;
    this.#region = options.region ?? "us-east-1";
    this.aheadMs = options.aheadMs ?? 0;
    for (const name of options.buckets ?? ["bucket"]) this.buckets.set(name, new Map());
    this.#server = createServer((request, response) => {
      // A client that has gone away wants no answer.
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(options: S3ServerOptions = {}): Promise<S3Server> {
    const server = new S3Server(options);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The objects of the first bucket. */
  get objects(): Map<string, Stored> {
    return this.buckets.values().next().value as Map<string, Stored>;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.options.delayMs) await new Promise((resolve) => setTimeout(resolve, this.options.delayMs));
    const answer = new Answer(response, this.#now(), this.options.tellsTime ?? true);
    const url = new URL(request.url ?? "/", "http://server");
    const wanted = this.#wanted(request, url);
    const fault = (await this.fault?.(wanted)) ?? null;
    if (fault !== null && fault.kind !== "truncate" && !fault.after) return answer.fail(fault);
    answer.isCut = fault?.kind === "truncate";
    answer.withheld = fault;
    const body = Buffer.concat(chunks);
    const wrong = wrongSignature(request, url, body, this.#user, this.#region, this.#now());
    if (wrong !== null)
      return answer.error(wrong === "AuthorizationHeaderMalformed" ? 400 : 403, wrong, { "x-amz-bucket-region": this.#region });
    this.seen.push(`${wanted.method} ${wanted.bucket}/${wanted.key}`);
    const objects = this.buckets.get(wanted.bucket);
    if (objects === undefined) return answer.error(404, "NoSuchBucket");
    if (wanted.key === "") return this.#list(objects, wanted.query, answer);
    if (wanted.method === "PUT") return this.#put(objects, wanted, body, answer);
    if (wanted.method === "DELETE") {
      objects.delete(wanted.key);
      return answer.send(204);
    }
    const found = objects.get(wanted.key);
    if (found === undefined) return answer.error(404, "NoSuchKey");
    answer.send(200, found.body, { etag: found.etag });
  }

  /** By path (`/bucket/key`) or by host (`bucket.server`). */
  #wanted({ method = "", headers }: IncomingMessage, url: URL): SeenRequest {
    const path = decodeURIComponent(url.pathname).slice((this.options.base ?? "").length + 1);
    const host = String(headers.host).split(":")[0] ?? "";
    const named = [...this.buckets.keys()].find((name) => host.startsWith(`${name}.`));
    const [bucket = "", ...rest] = path.split("/");
    return named === undefined
      ? { method, bucket, key: rest.join("/"), query: url.searchParams, headers }
      : { method, bucket: named, key: path, query: url.searchParams, headers };
  }

  #put(objects: Map<string, Stored>, { key, headers }: SeenRequest, body: Buffer, answer: Answer): void {
    const { ignored = [], refusesConditions = false } = this.options;
    const given = (name: "if-match" | "if-none-match") => (ignored.includes(name) ? undefined : headers[name]);
    const [match, noneMatch] = [given("if-match"), given("if-none-match")];
    const found = objects.get(key);
    if (refusesConditions && (match ?? noneMatch) !== undefined) return answer.error(501, "NotImplemented");
    if (match !== undefined && found === undefined) return answer.error(404, "NoSuchKey");
    if ((match !== undefined && match !== found?.etag) || (noneMatch === "*" && found !== undefined))
      return answer.error(412, "PreconditionFailed");
    const etag = `"${createHash("md5").update(body).digest("hex")}"`;
    objects.set(key, { body, etag });
    answer.send(200, "", { etag });
  }

  #list(objects: Map<string, Stored>, query: URLSearchParams, answer: Answer): void {
    const prefix = query.get("prefix") ?? "";
    const delimiter = query.get("delimiter");
    const after = Buffer.from(query.get("continuation-token") ?? "", "base64").toString();
    const names = [...objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => {
        const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
        return end < 0 ? { kind: "Contents", name: key } : { kind: "CommonPrefixes", name: key.slice(0, end + 1) };
      });
    const distinct = [...new Map(names.map((item) => [item.name, item])).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const left = distinct.filter(({ name }) => name > after);
    const page = left.slice(0, this.options.pageSize ?? 1_000);
    const isTruncated = page.length < left.length;
    const encoded = (name: string) =>
      query.get("encoding-type") === "url" ? encodeURIComponent(name).replaceAll("%20", "+") : escaped(name);
    const items = page.map(({ kind, name }) =>
      kind === "Contents"
        ? `<Contents><Key>${encoded(name)}</Key></Contents>`
        : `<CommonPrefixes><Prefix>${encoded(name)}</Prefix></CommonPrefixes>`,
    );
    const token = Buffer.from(page.at(-1)?.name ?? "").toString("base64");
    const next = isTruncated ? `<NextContinuationToken>${token}</NextContinuationToken>` : "";
    const type = query.get("encoding-type") === "url" ? "<EncodingType>url</EncodingType>" : "";
    answer.send(
      200,
      `${XML}<ListBucketResult><Prefix>${encoded(prefix)}</Prefix>${type}<IsTruncated>${isTruncated}</IsTruncated>${next}${items.join("")}</ListBucketResult>`,
    );
  }

  #now(): number {
    return Date.now() + this.aheadMs;
  }
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';

const escaped = (text: string): string => text.replace(/[<>&'"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** One answer, and what a fault makes of it. */
class Answer {
  isCut = false;
  withheld: S3Fault | null = null;

  constructor(
    private readonly response: ServerResponse,
    private readonly now: number,
    private readonly tellsTime: boolean,
  ) {}

  send(status: number, body: Buffer | string = "", headers: Readonly<Record<string, string>> = {}): void {
    if (this.withheld !== null && this.withheld.kind !== "truncate") return this.fail(this.withheld);
    const { response } = this;
    response.sendDate = false;
    const date = this.tellsTime ? { date: new Date(this.now).toUTCString() } : {};
    response.writeHead(status, { ...date, ...headers, "content-length": Buffer.byteLength(body) });
    if (!this.isCut) return void response.end(response.req.method === "HEAD" ? undefined : body);
    response.write(Buffer.from(body).subarray(0, Math.floor(Buffer.byteLength(body) / 2)), () => response.destroy());
  }

  error(status: number, code: string, headers: Readonly<Record<string, string>> = {}): void {
    const secret = `<AWSAccessKeyId>${TEST_USER.accessKeyId}</AWSAccessKeyId><StringToSign>secret</StringToSign>`;
    this.send(status, `${XML}<Error><Code>${code}</Code><Message>${code}</Message>${secret}</Error>`, {
      "content-type": "application/xml",
      ...headers,
    });
  }

  fail(fault: S3Fault): void {
    this.withheld = null;
    if (fault.kind === "reset") this.response.destroy();
    if (fault.kind === "status") this.error(fault.status, fault.code);
  }
}

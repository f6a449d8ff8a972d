import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { S3Client, S3Credentials } from "./s3-client.js";

/** Where an S3 store is, and how it is spoken to. */
export interface S3StoreOptions {
  readonly bucket: string;
  /** What every key starts with, as in `team/checkpoints`. */
  readonly prefix?: string;
  /** The address of a server other than Amazon's, as in `https://minio.example.com:9000`. */
  readonly endpoint?: string;
  /** Needed for Amazon; `us-east-1` for other servers unless they want another. */
  readonly region?: string;
  readonly credentials?: S3Credentials;
  /** Signs and sends the requests instead of `credentials`. */
  readonly client?: S3Client;
  /** Whether the bucket stands in the path of an address and not in its host: by default with an `endpoint`, or for a bucket with a dot. */
  readonly forcePathStyle?: boolean;
  /** After how many milliseconds without a sign of life another may take a run over: 30,000 by default, 1,000 at least. */
  readonly leaseMs?: number;
  /** After how many milliseconds a request counts as lost: 30,000 by default. */
  readonly requestTimeoutMs?: number;
}

/** The options, checked and whole. */
export interface S3Settings {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly root: string;
  readonly location: string;
  /** What stands before the key of an object in its address. */
  readonly address: string;
  readonly region: string;
  readonly signer: S3Credentials | S3Client;
  readonly leaseMs: number;
  readonly requestTimeoutMs: number;
}

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/;
const PREFIX = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;
/** Leaves room for two ids in a key of 1,024 bytes. */
const LONGEST_PREFIX = 500;
const LONGEST_MS = 2_147_483_647;

/** Checks the options. Throws `InvalidOptionError`, which never shows credentials. */
export function s3Settings(options: S3StoreOptions): S3Settings {
  if (typeof options !== "object" || options === null) {
    throw new InvalidOptionError("the options of an S3 store are missing: expected an object; give { bucket, region, credentials }.");
  }
  const { endpoint, leaseMs = 30_000, requestTimeoutMs = 30_000 } = options;
  const bucket = matching("bucket", options.bucket, BUCKET, "3 to 63 of A-Z a-z 0-9 . _ -, starting and ending with a letter or digit");
  const prefix = options.prefix === undefined || options.prefix === "" ? "" : checkedPrefix(options.prefix);
  const region = matching("region", options.region ?? defaultRegion(endpoint), /^[A-Za-z0-9-]{1,64}$/, "a name such as us-east-1");
  const server = endpoint === undefined ? amazon(region) : checkedEndpoint(endpoint);
  const inPath = options.forcePathStyle ?? (endpoint !== undefined || bucket.includes("."));
  if (typeof inPath !== "boolean") throw invalid("forcePathStyle", inPath, "true or false");
  return {
    bucket,
    root: prefix === "" ? "" : `${prefix}/`,
    location: prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}`,
    address: inPath ? `${server.origin}${server.path}/${bucket}/` : `${server.protocol}//${bucket}.${server.host}${server.path}/`,
    region,
    signer: checkedSigner(options),
    leaseMs: milliseconds("leaseMs", leaseMs, 1_000),
    requestTimeoutMs: milliseconds("requestTimeoutMs", requestTimeoutMs, 1),
  };
}

function checkedPrefix(prefix: unknown): string {
  const expected = `at most ${LONGEST_PREFIX} of A-Z a-z 0-9 . _ - in segments joined by "/", none of them "." or ".."`;
  const text = matching("prefix", prefix, PREFIX, expected);
  if (text.length <= LONGEST_PREFIX && !text.split("/").some((segment) => segment === "." || segment === "..")) return text;
  throw invalid("prefix", prefix, expected);
}

function defaultRegion(endpoint: unknown): string {
  if (endpoint !== undefined) return "us-east-1";
  throw new InvalidOptionError("the S3 option `region` is missing: expected the region of the bucket, as in us-east-1, or an `endpoint`.");
}

interface Server {
  readonly origin: string;
  readonly protocol: string;
  readonly host: string;
  readonly path: string;
}

function amazon(region: string): Server {
  const host = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return { origin: `https://${host}`, protocol: "https:", host, path: "" };
}

function checkedEndpoint(endpoint: unknown): Server {
  const url = typeof endpoint === "string" && URL.canParse(endpoint) ? new URL(endpoint) : null;
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "";
  // Not shown: it may hold a password.
  if (!isPlain) {
    throw new InvalidOptionError(
      "the S3 option `endpoint` is not valid: expected an address such as https://s3.example.com, without user, query or fragment.",
    );
  }
  return { origin: url.origin, protocol: url.protocol, host: url.host, path: url.pathname.replace(/\/+$/, "") };
}

function checkedSigner({ client, credentials }: S3StoreOptions): S3Credentials | S3Client {
  if (client !== undefined) {
    if (typeof client?.fetch === "function") return client;
    throw invalid("client", client, "an object with a method `fetch`, such as an AwsClient of aws4fetch");
  }
  if (credentials === undefined || credentials === null) {
    throw new InvalidOptionError(
      "the S3 store has no credentials: expected `credentials`, a `client` that signs, or options made with s3OptionsFromUrl from the AWS_* variables.",
    );
  }
  for (const name of ["accessKeyId", "secretAccessKey", "sessionToken"] as const) {
    const value: unknown = credentials[name];
    if ((value === undefined && name === "sessionToken") || isPrintable(value)) continue;
    throw new InvalidOptionError(
      `the S3 credential \`${name}\` is not valid: expected a text without spaces; check what it was copied from.`,
    );
  }
  return { ...credentials };
}

const isPrintable = (value: unknown): boolean => typeof value === "string" && /^[!-~]+$/.test(value);

function matching(name: string, value: unknown, pattern: RegExp, expected: string): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw invalid(name, value, expected);
}

function milliseconds(name: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= LONGEST_MS) return value as number;
  throw invalid(name, value, `a whole number of milliseconds from ${least} to ${LONGEST_MS}`);
}

function invalid(name: string, value: unknown, expected: string): InvalidOptionError {
  const found = typeof value === "number" || typeof value === "boolean" ? String(value) : shown(value);
  return new InvalidOptionError(`the S3 option \`${name}\` is ${found}: expected ${expected}.`);
}

/** An address with a user in it may have been given in the wrong place. */
const shown = (value: unknown): string => (typeof value === "string" && value.includes("@") ? 'a text with "@"' : quoted(value));

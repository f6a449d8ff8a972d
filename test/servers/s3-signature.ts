import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What the server knows of the one who may use it. */
export interface KnownUser {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export const TEST_USER: KnownUser = { accessKeyId: "TESTKEYID", secretAccessKey: "test/secret+key" };

const SKEW_MS = 15 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Checks the signature of a request (version 4) and that its payload is what was signed; the code of what is wrong, or `null`. */
export function wrongSignature(
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  user: KnownUser,
  region: string,
  now: number,
): string | null {
  const { headers } = request;
  const match = AUTHORIZATION.exec(headers.authorization ?? "");
  if (match === null) return "AccessDenied";
  const [, accessKeyId, day, signedRegion, signedHeaders, signature] = match as unknown as [string, string, string, string, string, string];
  const date = String(headers["x-amz-date"]);
  const payload = String(headers["x-amz-content-sha256"]);
  if (accessKeyId !== user.accessKeyId) return "InvalidAccessKeyId";
  if (headers["x-amz-security-token"] !== user.sessionToken) return "InvalidToken";
  if (signedRegion !== region) return "AuthorizationHeaderMalformed";
  if (Math.abs(timeOf(date) - now) > SKEW_MS) return "RequestTimeTooSkewed";
  if (payload !== sha256(body)) return "XAmzContentSHA256Mismatch";
  const names = signedHeaders.split(";");
  if (!names.includes("host") || !names.includes("x-amz-content-sha256")) return "AccessDenied";
  const lines = names
    .map(
      (name) =>
        `${name}:${String(headers[name] ?? "")
          .trim()
          .replace(/\s+/g, " ")}\n`,
    )
    .join("");
  const canonical = [request.method, encodedPath(url), encodedQuery(url), lines, signedHeaders, payload].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n");
  const key = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${user.secretAccessKey}`,
  );
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, "hex")) ? null : "SignatureDoesNotMatch";
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();

const timeOf = (date: string): number => Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const encodedPath = (url: URL): string =>
  url.pathname
    .split("/")
    .map((part) => encoded(decodeURIComponent(part)))
    .join("/");

function encodedQuery(url: URL): string {
  const pairs = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  return pairs.sort((a, b) => (a < b ? -1 : 1)).join("&");
}

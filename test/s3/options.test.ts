import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../../src/core/errors.js";
import { S3CheckpointStore, type S3StoreOptions, s3OptionsFromUrl } from "../../src/s3/index.js";
import { s3Settings } from "../../src/s3/s3-options.js";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG" };
const good: S3StoreOptions = { bucket: "my-bucket", region: "eu-central-1", credentials };
const env = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG", AWS_REGION: "eu-central-1" };

const storeWith = (options: object): S3CheckpointStore => new S3CheckpointStore({ ...good, ...options } as S3StoreOptions);

describe("the options of an S3 store", () => {
  it("tell its location", () => {
    expect(storeWith({}).location).toBe("s3://my-bucket");
    expect(storeWith({ prefix: "team/runs" }).location).toBe("s3://my-bucket/team/runs");
  });

  it("put the bucket into the host at Amazon, unless its name has a dot", () => {
    expect(s3Settings(good).address).toBe("https://my-bucket.s3.eu-central-1.amazonaws.com/");
    expect(s3Settings({ ...good, bucket: "my.bucket" }).address).toBe("https://s3.eu-central-1.amazonaws.com/my.bucket/");
    expect(s3Settings({ ...good, region: "cn-north-1" }).address).toBe("https://my-bucket.s3.cn-north-1.amazonaws.com.cn/");
    expect(s3Settings({ ...good, forcePathStyle: true }).address).toBe("https://s3.eu-central-1.amazonaws.com/my-bucket/");
  });

  it("put the bucket into the path at another server, unless told otherwise", () => {
    const endpoint = "http://minio:9000/base/";
    expect(s3Settings({ bucket: "my-bucket", endpoint, credentials })).toMatchObject({
      address: "http://minio:9000/base/my-bucket/",
      region: "us-east-1",
    });
    expect(s3Settings({ ...good, endpoint, forcePathStyle: false }).address).toBe("http://my-bucket.minio:9000/base/");
  });

  it.each([
    { bucket: undefined },
    { bucket: "" },
    { bucket: "ab" },
    { bucket: "a/b/c" },
    { bucket: "bucket?x" },
    { bucket: 17 },
    { prefix: "/a" },
    { prefix: "a/" },
    { prefix: "a//b" },
    { prefix: "a/../b" },
    { prefix: "a b" },
    { prefix: "x".repeat(501) },
    { prefix: 1 },
    { region: undefined },
    { region: "" },
    { region: "eu central" },
    { endpoint: "minio:9000" },
    { endpoint: "ftp://minio" },
    { endpoint: "http://minio?x=1" },
    { endpoint: 5 },
    { forcePathStyle: "yes" },
    { leaseMs: 999 },
    { leaseMs: 1_500.5 },
    { leaseMs: Number.NaN },
    { leaseMs: "30s" },
    { leaseMs: 2 ** 31 },
    { requestTimeoutMs: 0 },
    { requestTimeoutMs: -1 },
    { requestTimeoutMs: Number.POSITIVE_INFINITY },
    { credentials: undefined },
    { credentials: null },
    { credentials: {} },
    { credentials: { ...credentials, accessKeyId: "" } },
    { credentials: { ...credentials, secretAccessKey: 7 } },
    { credentials: { ...credentials, sessionToken: "" } },
    { client: {} },
    { client: "aws" },
  ])("are refused: %j", (options) => {
    expect(() => storeWith(options)).toThrow(InvalidOptionError);
    expect(() => storeWith(options)).toThrow(/expected/);
  });

  it.each([undefined, null, "s3://my-bucket"])("are refused if they are none: %j", (options) => {
    expect(() => new S3CheckpointStore(options as unknown as S3StoreOptions)).toThrow(InvalidOptionError);
  });

  it("never come to stand in a message if they may hold credentials", () => {
    const secret = "hunter2secret";
    const wrong = [
      { endpoint: `https://user:${secret}@minio` },
      { bucket: `key:${secret}@bucket` },
      { prefix: `${secret}@x y` },
      { credentials: { accessKeyId: `${secret}\n`, secretAccessKey: secret } },
      { credentials: { accessKeyId: secret, secretAccessKey: `${secret} ` } },
      { credentials: { ...credentials, sessionToken: `${secret}\u0000` } },
    ];
    for (const options of wrong) expect(messageOf(() => storeWith(options))).not.toContain(secret);
    for (const url of [`s3://key:${secret}@bucket`, `s3://bucket/${secret}@`, `s3://bucket?secret=${secret}`]) {
      expect(messageOf(() => s3OptionsFromUrl(url, env))).not.toContain(secret);
    }
  });
});

describe("an S3 store", () => {
  it("shows no credentials when it is printed", () => {
    const secrets = { accessKeyId: "AKID0123", secretAccessKey: "hunter2secret", sessionToken: "hunter2token" };
    const store = storeWith({ credentials: secrets });
    const printed = `${inspect(store, { depth: Number.POSITIVE_INFINITY, showHidden: true })}${JSON.stringify(store)}`;
    expect(printed).toContain("s3://my-bucket");
    expect(printed).not.toMatch(/hunter2|AKID0123/);
  });
});

describe("s3OptionsFromUrl", () => {
  it("takes bucket and prefix from the address, and the rest from the environment", () => {
    expect(s3OptionsFromUrl("s3://my-bucket/team/runs/", env)).toEqual({
      bucket: "my-bucket",
      prefix: "team/runs",
      region: "eu-central-1",
      credentials,
    });
    expect(new S3CheckpointStore(s3OptionsFromUrl("s3://my-bucket", env)).location).toBe("s3://my-bucket");
  });

  it("prefers what is said of S3, and of this region", () => {
    const all = {
      ...env,
      AWS_ENDPOINT_URL: "http://any",
      AWS_ENDPOINT_URL_S3: "http://s3",
      AWS_DEFAULT_REGION: "us-west-2",
      AWS_SESSION_TOKEN: "tok",
    };
    expect(s3OptionsFromUrl("s3://b-1", all)).toMatchObject({
      endpoint: "http://s3",
      region: "eu-central-1",
      credentials: { sessionToken: "tok" },
    });
    const fewer = { ...all, AWS_ENDPOINT_URL_S3: "", AWS_REGION: "", AWS_SESSION_TOKEN: "" };
    expect(s3OptionsFromUrl("s3://b-1", fewer)).toEqual({
      bucket: "b-1",
      prefix: "",
      endpoint: "http://any",
      region: "us-west-2",
      credentials,
    });
  });

  it.each(["", "s3:", "s3://", "s3:///prefix", "http://bucket", "s3://bucket:80/x", "s3://bucket/a b", "s3://bucket#x", "bucket/prefix"])(
    "refuses %j",
    (url) => {
      expect(() => s3OptionsFromUrl(url, env)).toThrow(InvalidOptionError);
    },
  );

  it("names the variable that is missing", () => {
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) {
      expect(() => s3OptionsFromUrl("s3://bucket", { ...env, [name]: "" })).toThrow(new RegExp(`no ${name}`));
    }
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionError);
    return String(error);
  }
  throw new Error("expected a refusal");
}

import { request } from "node:http";
import { AwsClient } from "aws4fetch";
import { describe, expect, it } from "vitest";
import { CheckpointStorageError, MissingPackageError } from "../../src/core/errors.js";
import type { S3Client, S3StoreOptions } from "../../src/s3/index.js";
import { signingClient } from "../../src/s3/s3-client.js";
import { holds, put, record } from "../../src/testing/checkpoint-store-support.js";
import type { S3Server } from "../servers/s3.js";
import { TEST_USER } from "../servers/s3-signature.js";
import { startServer, storeOn } from "./support.js";

/** Opens a store, writes a checkpoint and reads it. */
async function works(server: S3Server, options: Partial<S3StoreOptions> = {}): Promise<void> {
  const store = storeOn(server, options);
  await store.open();
  await put(store, record("r1", 1, "a", new Uint8Array([1, 2, 3])));
  await holds(store, record("r1", 1, "a", new Uint8Array([1, 2, 3])));
}

/** Sends requests that are addressed to any host to this machine, as a name server would. */
function sendHere(signed: Request, body: Uint8Array | undefined): Promise<Response> {
  const { port, host, pathname, search } = new URL(signed.url);
  return new Promise((resolve, reject) => {
    const headers = { ...Object.fromEntries(signed.headers), host, "content-length": body?.length ?? 0 };
    const sent = request({ host: "127.0.0.1", port, path: pathname + search, method: signed.method, headers }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const status = answer.statusCode ?? 0;
      resolve(new Response(status === 204 ? null : Buffer.concat(chunks), { status, headers: answer.headers as Record<string, string> }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

describe("the requests of an S3 store", () => {
  it("are signed with their payload, with the bucket in the path", async () => {
    const server = await startServer();
    await works(server);
    expect(server.seen.every((line) => /^[A-Z]+ bucket\//.test(line))).toBe(true);
  });

  it("are signed with the bucket in the host", async () => {
    const server = await startServer();
    const signer = new AwsClient({ ...TEST_USER, region: "us-east-1", service: "s3" });
    const hosts = new Set<string>();
    const client: S3Client = {
      fetch: async (url, init) => {
        hosts.add(new URL(url).hostname);
        return sendHere(await signer.sign(url, init), init.body as Uint8Array | undefined);
      },
    };
    await works(server, { endpoint: `http://s3.test:${server.port}`, forcePathStyle: false, client });
    expect([...hosts]).toEqual(["bucket.s3.test"]);
    expect(server.objects.has("team/runs/heads/r1")).toBe(true);
  });

  it("are signed with a session token, and for another region", async () => {
    const user = { ...TEST_USER, sessionToken: "session/token==" };
    await works(await startServer({ user, region: "eu-west-3" }), { credentials: user, region: "eu-west-3" });
  });

  it("can be signed by an AwsClient that the user passes", async () => {
    const client: S3Client = new AwsClient({ ...TEST_USER, region: "us-east-1", service: "s3", retries: 0 });
    const server = await startServer();
    await works(server, { client });
  });

  it("keep to a path before the bucket, and to a bucket without a prefix", async () => {
    const server = await startServer({ base: "/storage/v1" });
    await works(server, { endpoint: `${server.url}/storage/v1/`, prefix: "" });
    expect(server.objects.has("heads/r1")).toBe(true);
  });

  it("are refused with a wrong secret, key or session token, which no message shows", async () => {
    const server = await startServer({ user: { ...TEST_USER, sessionToken: "right" } });
    const wrong = [
      { credentials: { ...TEST_USER, secretAccessKey: "hunter2", sessionToken: "right" }, code: "SignatureDoesNotMatch" },
      { credentials: { ...TEST_USER, accessKeyId: "hunter2" }, code: "InvalidAccessKeyId" },
      { credentials: { ...TEST_USER, sessionToken: "hunter2" }, code: "InvalidToken" },
    ];
    for (const { credentials, code } of wrong) {
      const error = await storeOn(server, { credentials })
        .open()
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CheckpointStorageError);
      expect(String(error)).toContain(code);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/hunter2|TESTKEYID|secret/);
    }
  });

  it("need aws4fetch, unless the user passes a client", async () => {
    const missing = signingClient(TEST_USER, "us-east-1", () => Promise.reject(new Error("Cannot find package 'aws4fetch'")));
    await expect(missing).rejects.toThrow(MissingPackageError);
    await expect(missing).rejects.toThrow("npm install aws4fetch");
  });
});

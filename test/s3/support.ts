import { afterEach } from "vitest";
import type { S3StoreOptions } from "../../src/s3/index.js";
import { S3CheckpointStore } from "../../src/s3/index.js";
import { S3Server, type S3ServerOptions, type SeenRequest } from "../servers/s3.js";
import { TEST_USER } from "../servers/s3-signature.js";

const started: S3Server[] = [];

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

/** A server that is stopped after the test. */
export async function startServer(options: S3ServerOptions = {}): Promise<S3Server> {
  const server = await S3Server.start(options);
  started.push(server);
  return server;
}

/** A store in the bucket of a server, which need not be opened. */
export const storeOn = (server: S3Server, options: Partial<S3StoreOptions> = {}): S3CheckpointStore =>
  new S3CheckpointStore({ bucket: "bucket", prefix: "team/runs", endpoint: server.url, credentials: TEST_USER, ...options });

/** Whether a request is one that commits: it replaces the head of a run. */
export const isCommit = ({ method, key }: SeenRequest): boolean => method === "PUT" && key.includes("/heads/");

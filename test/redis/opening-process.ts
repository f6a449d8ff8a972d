// Opens a store and prints how that failed: run where there is no package at all.
import { MissingPackageError } from "../../src/core/errors.js";
import { RedisCheckpointStore } from "../../src/redis/redis-checkpoint-store.js";

const store = new RedisCheckpointStore({ url: "redis://me:secret@127.0.0.1:1" });
const error = await store.open().catch((error: unknown) => error);
if (!(error instanceof MissingPackageError)) throw error;
const { code, cause, message } = error;
process.stdout.write(`${code} ${(cause as { code?: string }).code} ${message}`);

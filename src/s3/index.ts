/** Checkpoints in a bucket of Amazon S3, or of a server that speaks its language. */

export { S3CheckpointStore } from "./s3-checkpoint-store.js";
export type { S3Client, S3Credentials } from "./s3-client.js";
export type { S3StoreOptions } from "./s3-options.js";
export { s3OptionsFromUrl } from "./s3-url.js";

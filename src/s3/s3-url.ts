import { InvalidOptionError } from "../core/errors.js";
import type { S3Credentials } from "./s3-client.js";
import type { S3StoreOptions } from "./s3-options.js";

type Environment = Readonly<Record<string, string | undefined>>;

const ADDRESS = /^s3:\/\/([^/?#@:\s]+)(?:\/([^?#@\s]*))?$/;

/**
 * The options of a store at `s3://bucket/prefix`, with what the environment says: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
 * `AWS_SESSION_TOKEN`, `AWS_REGION` or `AWS_DEFAULT_REGION`, and `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`. An empty variable
 * counts as none. Throws `InvalidOptionError`.
 *
 * ```ts
 * const store = new S3CheckpointStore(s3OptionsFromUrl("s3://my-bucket/checkpoints"));
 * ```
 */
export function s3OptionsFromUrl(url: string, env: Readonly<Record<string, string | undefined>> = process.env): S3StoreOptions {
  const match = typeof url === "string" ? ADDRESS.exec(url) : null;
  if (match === null) {
    // Not shown: it may hold credentials.
    throw new InvalidOptionError(
      "the address of an S3 store is not valid: expected s3://bucket/prefix, without user, port, query or fragment; put credentials into the AWS_* variables.",
    );
  }
  const endpoint = env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"];
  const region = env["AWS_REGION"] || env["AWS_DEFAULT_REGION"];
  return {
    bucket: match[1] as string,
    prefix: (match[2] ?? "").replace(/\/$/, ""),
    ...(endpoint ? { endpoint } : {}),
    ...(region ? { region } : {}),
    credentials: credentialsOf(env),
  };
}

function credentialsOf(env: Environment): S3Credentials {
  const sessionToken = env["AWS_SESSION_TOKEN"];
  return {
    accessKeyId: variable(env, "AWS_ACCESS_KEY_ID"),
    secretAccessKey: variable(env, "AWS_SECRET_ACCESS_KEY"),
    ...(sessionToken ? { sessionToken } : {}),
  };
}

function variable(env: Environment, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new InvalidOptionError(
    `the environment has no ${name}: expected the credentials of the S3 store; set it, or pass a store with \`credentials\` or a \`client\`.`,
  );
}

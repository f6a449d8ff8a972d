import { MissingPackageError } from "../core/errors.js";

/** What signs the requests. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that expire. */
  readonly sessionToken?: string;
}

/** Signs requests and sends them once. An `AwsClient` of aws4fetch is one, best with `retries: 0`: the store repeats by itself. */
export interface S3Client {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** What is used of aws4fetch, as a type of our own: programs without the package compile too. */
interface Aws4fetch {
  readonly AwsClient: new (
    options: S3Credentials & { readonly region: string; readonly service: string },
  ) => { sign(url: string, init: RequestInit): Promise<Request> };
}

/** A client that signs with these credentials. Throws `MissingPackageError`. */
export async function signingClient(
  credentials: S3Credentials,
  region: string,
  importer: () => Promise<Aws4fetch> = () => import("aws4fetch"),
): Promise<S3Client> {
  const { AwsClient } = await importer().catch((cause: unknown) => {
    throw new MissingPackageError(
      "the S3 checkpoint store needs the package aws4fetch, which could not be imported; install it with `npm install aws4fetch`.",
      { cause },
    );
  });
  const signer = new AwsClient({ ...credentials, region, service: "s3" });
  return {
    // Signed by the library, sent by us: its own way of sending would repeat what is not safe to repeat.
    fetch: async (url, { signal, redirect, ...init }) =>
      fetch(await signer.sign(url, init), { ...(signal ? { signal } : {}), ...(redirect ? { redirect } : {}) }),
  };
}

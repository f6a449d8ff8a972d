import { createHash } from "node:crypto";

/** A script that the server runs as a whole or not at all, and knows by the digest of its text. */
export class Script {
  readonly sha1: string;

  constructor(readonly text: string) {
    this.sha1 = createHash("sha1").update(text).digest("hex");
  }
}

import type { Bucket } from "./bucket.js";
import { CheckpointIndex } from "./checkpoint-index.js";
import { HeadObject } from "./head-object.js";
import { HeadQueue } from "./head-queue.js";
import { RunLayout } from "./layout.js";

/** One run of a store, and what reads and changes it. */
export class RunPlace {
  readonly layout: RunLayout;
  readonly object: HeadObject;
  readonly queue: HeadQueue;
  readonly index: CheckpointIndex;

  constructor(
    readonly bucket: Bucket,
    root: string,
    readonly runId: string,
  ) {
    this.layout = new RunLayout(root, runId);
    this.object = new HeadObject(bucket, this.layout.head, runId);
    this.queue = new HeadQueue(this.object, bucket.location);
    this.index = new CheckpointIndex(bucket, this.layout, runId);
  }
}

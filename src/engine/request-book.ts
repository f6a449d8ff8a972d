import type { CheckpointRequest, NextRequest, TaskRequests } from "../core/outcome.js";
import type { Artifact } from "../core/run-state.js";
import type { StoredValue } from "../core/serialize/index.js";

/** What a task body has asked for so far. */
export class RequestBook implements TaskRequests {
  /** What a body has asked for elsewhere. */
  static of(requests: TaskRequests): RequestBook {
    return Object.assign(new RequestBook(), requests);
  }

  readonly next: NextRequest[] = [];
  iteration: StoredValue | null = null;
  readonly checkpoints: CheckpointRequest[] = [];
  terminate: { readonly message: string | null } | null = null;
  cancel: { readonly message: string | null } | null = null;
  readonly metrics = new Map<string, number>();
  readonly artifacts: Artifact[] = [];
}

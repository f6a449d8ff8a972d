// A store with a planted bug: whatever it reads, it gives out with digests that fit, as if nobody checked them.
import { type CheckpointKey, FileCheckpointStore } from "cairnflow";
import { papersOf, sealed } from "./papers.js";

export class UncheckedStore extends FileCheckpointStore {
  private readonly honest = new FileCheckpointStore(this.location);

  override async read(key: CheckpointKey): ReturnType<FileCheckpointStore["read"]> {
    return sealed(await papersOf(this.honest, key)).files;
  }
}

// A store with a planted bug: whatever it reads, it gives out with digests that fit, as if nobody checked them.
import { type CheckpointKey, FileCheckpointStore } from "cairnflow";
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import { papersOf, sealed } from "./papers.js";

export class UncheckedStore extends FileCheckpointStore {
  private readonly honest: FileCheckpointStore;

  constructor(root: string, { fs = systemFs }: { readonly fs?: DurableFs } = {}) {
    super(root, { fs });
    this.honest = new FileCheckpointStore(root, { fs });
  }

  override async read(key: CheckpointKey): ReturnType<FileCheckpointStore["read"]> {
    return sealed(await papersOf(this.honest, key)).files;
  }
}

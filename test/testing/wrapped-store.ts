import type { CheckpointStore, RunWriter } from "cairnflow";

/** A store whose writers are changed: what `change` gives replaces their methods. */
export function wrappedStore<Store extends CheckpointStore>(store: Store, change: (writer: RunWriter) => Partial<RunWriter>): Store {
  const acquire: CheckpointStore["acquire"] = async (runId, options) => wrapped(await store.acquire(runId, options), change);
  return new Proxy(store, { get: (target, name) => (name === "acquire" ? acquire : bound(target, name)) });
}

function wrapped(writer: RunWriter, change: (writer: RunWriter) => Partial<RunWriter>): RunWriter {
  const changed = change(writer);
  return new Proxy(writer, { get: (target, name) => (name in changed ? changed[name as keyof RunWriter] : bound(target, name)) });
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === "function" ? value.bind(target) : value;
}

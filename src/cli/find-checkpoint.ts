import type { CheckpointKey } from "../core/checkpoint.js";
import type { CheckpointView } from "../core/checkpoint-view.js";
import { CheckpointNotFoundError } from "../core/errors.js";
import { expectedNames } from "../core/expected-names.js";
import { checkedId, quoted } from "../core/ids.js";
import type { CheckpointHistory } from "../engine/checkpoint-history.js";

/**
 * What a checkpoint holds that a command line names: by its id, as `<run>@<id, name or number>`, or as a run, which stands for its
 * newest and the steps after it. Throws `CheckpointNotFoundError`, `CheckpointCorruptError`.
 */
export async function viewNamed(history: CheckpointHistory, name: string): Promise<CheckpointView> {
  const [, run = name, at] = /^([^@]*)@(.+)$/.exec(name) ?? [];
  if (at !== undefined) return history.load((await keyAt(history, run, at)).id);
  return (await history.latest(run)) ?? history.load((await keyById(history, name)).id);
}

/** The checkpoint that a command line names; see `viewNamed`. */
export async function keyNamed(history: CheckpointHistory, name: string): Promise<CheckpointKey> {
  const [, run = name, at] = /^([^@]*)@(.+)$/.exec(name) ?? [];
  if (at !== undefined) return keyAt(history, run, at);
  await history.runs();
  return (await history.store.list(checkedId(name, "run or checkpoint"))).at(-1) ?? keyById(history, name);
}

/** Throws `CheckpointNotFoundError` unless the store has checkpoints of the run. */
export async function checkedRun(history: CheckpointHistory, runId: string): Promise<string> {
  await history.runs();
  if ((await history.store.list(checkedId(runId, "run id"))).length > 0) return runId;
  throw new CheckpointNotFoundError(
    `there is no run ${quoted(runId)} in ${history.store.location}: ${expectedNames(runId, await history.runs())}`,
    {
      runId,
    },
  );
}

async function keyById(history: CheckpointHistory, id: string): Promise<CheckpointKey> {
  const key = await history.store.find(checkedId(id, "run or checkpoint"));
  if (key !== null) return key;
  throw new CheckpointNotFoundError(
    `there is no run and no checkpoint ${quoted(id)} in ${history.store.location}: ${expectedNames(id, await history.runs())}`,
  );
}

/** A checkpoint of a run by its id, number or name. Names are read last: a damaged checkpoint has none that could be told. */
export async function keyAt(history: CheckpointHistory, runId: string, at: string): Promise<CheckpointKey> {
  await checkedRun(history, runId);
  const keys = await history.store.list(runId);
  const known = keys.find(({ id }) => id === at) ?? keys.find(({ seq }) => String(seq) === at);
  if (known !== undefined) return known;
  const infos = await history.list(runId);
  const found = infos.find(({ name }) => name === at);
  if (found !== undefined) return found;
  const names = infos.map(({ name, seq }) => name ?? String(seq));
  throw new CheckpointNotFoundError(`run ${quoted(runId)} has no checkpoint ${quoted(at)}: ${expectedNames(at, names)}`, { runId });
}

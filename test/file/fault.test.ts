import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CheckpointWriteError } from "../../src/core/errors.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { recordOf, systemError, temporaryFolder, watchedFs, wholeCheckpoints } from "./support.js";

type Plan = { readonly at: number; readonly code: string; readonly sticky: boolean };

/** One put of seq 2 with a fault at the n-th call; `published` says whether that call came after the publishing rename. */
async function putWithFault(plan: Plan) {
  const root = await temporaryFolder();
  const calls: string[] = [];
  let fired = 0;
  let active = false;
  let published = false;
  const fs = watchedFs((call, path) => {
    if (!active) return null;
    calls.push(call);
    if (calls.length === plan.at || (plan.sticky && calls.length > plan.at)) {
      fired++;
      return systemError(plan.code, call);
    }
    if (call === "rename" && path.includes("claim-")) published = true;
    return null;
  });
  const store = new FileCheckpointStore(root, { fs });
  await store.open();
  await store.put(recordOf(1, "c1", ["old blob"]));
  // A second store, so that what only a first put does is met as well.
  const other = new FileCheckpointStore(root, { fs });
  active = true;
  const error = await other.put(recordOf(2, "c2", ["old blob", "new blob of c2"])).then(
    () => null,
    (failure: unknown) => failure,
  );
  active = false;
  return { root, store: other, error, calls, fired, published };
}

async function check(plan: Plan) {
  const { root, store, error, calls, fired, published } = await putWithFault(plan);
  const where = `${plan.code} at ${plan.at} ${calls[plan.at - 1]}`;
  expect(fired, where).toBeGreaterThan(0);
  if (error !== null) {
    expect(error, where).toBeInstanceOf(CheckpointWriteError);
    const { outcome, cause } = error as CheckpointWriteError;
    expect(cause, where).toMatchObject({ code: plan.code });
    expect(outcome, where).toBe(published ? "unknown" : "not-applied");
  }
  const left = (await readdir(join(root, "r1/tmp"))).length;
  const seqs = await wholeCheckpoints(new FileCheckpointStore(root));
  expect(seqs, where).toEqual(published ? [1, 2] : [1]);
  const next = published ? 3 : 2;
  await store.put(recordOf(next, "next", ["old blob"]));
  expect((await wholeCheckpoints(store)).at(-1), where).toBe(next);
  expect(await readdir(join(root, "r1/tmp")), where).toEqual([]);
  return { call: calls[plan.at - 1] ?? "", failed: error !== null, left, fired };
}

const REMOVALS = ["removeTree", "removeDirectory"];

describe.each(["ENOSPC", "EIO", "EMFILE"])("%s", (code) => {
  it.each([false, true])("at every file-system call of a put leaves the checkpoint before it whole (sticky: %s)", async (sticky) => {
    const { calls } = await putWithFault({ at: 0, code, sticky: false });
    expect(calls.length).toBeGreaterThan(30);
    const seen = [];
    for (let at = 1; at <= calls.length; at++) seen.push(await check({ at, code, sticky }));
    expect(seen.filter(({ fired }) => fired > 0)).toHaveLength(calls.length);
    expect(seen.filter(({ failed }) => failed).length).toBeGreaterThan(25);
    if (!sticky)
      expect(
        seen.filter(({ left, call }) => left > 0 && !REMOVALS.includes(call)),
        "temporary files left at once",
      ).toEqual([]);
  });
});

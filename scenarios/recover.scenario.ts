import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { canResume, openCheckpointStore, RunOwnedError, recover, resume, run, task, workflow } from "cairnflow";
import { afterAll, describe, expect, it } from "vitest";
import { shop } from "./support/shop.js";

const folder = mkdtempSync(join(tmpdir(), "cairnflow-recover-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A process in which these runs wait in the middle. */
async function waitingProcess(
  store: string,
  ledger: string,
  ...runIds: readonly string[]
): Promise<{ readonly kill: () => Promise<void> }> {
  const path = fileURLToPath(new URL("support/shop-process.ts", import.meta.url));
  const env = { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL("tsconfig.json", import.meta.url)) };
  const child = spawn(process.execPath, ["--import", "tsx", path, store, ledger, ...runIds], { env, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.on("exit", (code) => reject(new Error(`the process ended with ${code}`)));
  });
  return { kill: () => (child.kill("SIGKILL"), ended) };
}

const linesOf = (ledger: string): string[] => readFileSync(ledger, "utf8").trim().split("\n").toSorted();

describe("a run in another process", { timeout: 60_000 }, () => {
  it("cannot be run, resumed or deleted while that process lives, and can as soon as it was killed", async () => {
    const [store, ledger] = [join(folder, "owned"), join(folder, "owned.ledger")];
    const other = await waitingProcess(store, ledger, "order");
    const flow = shop(ledger, 0);
    await expect(resume(flow, { from: store, runId: "order" })).rejects.toThrow(RunOwnedError);
    await expect(run(flow, 1, { runId: "order", checkpoints: store })).rejects.toThrow(RunOwnedError);
    await expect(openCheckpointStore(store).delete("order")).rejects.toThrow(RunOwnedError);
    expect(await canResume(flow, { from: store, runId: "order" })).toMatchObject({ resumable: false, problems: [{ kind: "owned" }] });
    expect(await recover(flow, store)).toEqual([]);
    await other.kill();
    expect(await resume(flow, { from: store, runId: "order" })).toMatchObject({ output: "shipped for 1" });
    expect(linesOf(ledger)).toEqual(["order charged", "order packing", "order packing", "order shipped"]);
  });

  it("is recovered with all others that its process left, each once, by whoever comes first", async () => {
    const [store, ledger] = [join(folder, "left"), join(folder, "left.ledger")];
    const runIds = ["a", "b", "c", "d"];
    const other = await waitingProcess(store, ledger, ...runIds);
    const flow = shop(ledger, 50);
    await run(
      workflow(
        "other",
        task("other", { critical: true }, () => 1),
      ),
      undefined,
      { runId: "ended", checkpoints: store },
    );
    await other.kill();
    const [first, second] = await Promise.all([recover(flow, store), recover(flow, store)]);
    const recovered = [...first, ...second].toSorted((x, y) => x.runId.localeCompare(y.runId));
    expect(recovered.map(({ runId, status }) => `${runId} ${status}`)).toEqual(runIds.map((runId) => `${runId} ended`));
    expect(linesOf(ledger)).toEqual(
      runIds.flatMap((runId) => ["charged", "packing", "packing", "shipped"].map((what) => `${runId} ${what}`)),
    );
    expect(await recover(flow, store)).toEqual([]);
  });

  it("that fails when it is recovered is told as failed, and the others go on", async () => {
    const [store, ledger] = [join(folder, "fails"), join(folder, "fails.ledger")];
    const other = await waitingProcess(store, ledger, "a", "b");
    await other.kill();
    const flow = shop(ledger, 0);
    const recovered = await recover(flow, store, { maxSteps: 1 });
    expect(recovered.map(({ status }) => status)).toEqual(["failed", "failed"]);
    expect(recovered[0]).toMatchObject({ error: { code: "STEP_LIMIT" } });
    expect(await recover(flow, store)).toEqual([]);
    expect(await resume(flow, { from: store, runId: "a", maxSteps: 10 })).toMatchObject({ output: "shipped for 1" });
  });
});

it("refuses options that a recovery does not have", async () => {
  const flow = workflow(
    "w",
    task("t", () => 1),
  );
  for (const option of ["runId", "at", "channel", "takeOver"])
    await expect(recover(flow, "memory:", { [option]: "x" } as never)).rejects.toThrow(new RegExp(`"${option}"`));
});

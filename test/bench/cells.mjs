import { fork } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./statistics.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const contenders = (name) => join(here, "contenders", name);

const CONTENDERS = {
  cairnflow: { file: contenders("cairnflow.mjs") },
  "bare loop": { file: contenders("bare-loop.mjs") },
  "mini engine": { file: contenders("mini-engine.mjs") },
  "full write + fdatasync": { file: contenders("bare-loop.mjs"), story: "full" },
  "1 KB delta + fdatasync": { file: contenders("bare-loop.mjs"), story: "delta" },
  "a folder of three files, synced": { file: contenders("bare-loop.mjs"), story: "folder" },
  "bare BullMQ": { file: contenders("queue.mjs"), name: "bullmq" },
  "one worker": { file: contenders("queue.mjs"), name: "oneWorker" },
  "bare EVALSHA": { file: contenders("commits.mjs"), name: "evalsha" },
  xstate: { file: contenders("peers.mjs"), name: "xstate", module: "xstate" },
  langgraph: { file: contenders("peers.mjs"), name: "langgraph", module: "@langchain/langgraph" },
};

/** The peers that can be imported. */
export function peersAtHand() {
  const folder = process.env.CAIRNFLOW_PEERS;
  if (folder === undefined) return [];
  const { resolve } = createRequire(join(folder, "package.json"));
  return Object.keys(CONTENDERS).filter((name) => {
    const { module } = CONTENDERS[name];
    try {
      return module !== undefined && resolve(module) !== "";
    } catch {
      return false;
    }
  });
}

/** Runs a script of this folder with a task, in a process of its own, and resolves to its answer. */
export function inChild(script, task, { heapMB = 8_192 } = {}) {
  return new Promise((resolve) => {
    const profiling = task.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${task.profile}`];
    const flags = ["--expose-gc", "--no-warnings", `--max-old-space-size=${heapMB}`, ...profiling];
    const child = fork(join(here, script), [JSON.stringify(task)], { execArgv: flags });
    let answer = null;
    child.on("message", (message) => {
      answer = message;
    });
    child.on("exit", (code, signal) => resolve(answer ?? { error: `the process ended with ${code ?? signal} and no answer` }));
  });
}

/** Measures one workload of one contender. */
export async function measureCell(workload, name, settings) {
  const contender = CONTENDERS[name];
  const dir = mkdtempSync(join(settings.dir, "bench-"));
  const { id, measure, n, chunks, heapMB } = workload;
  const peer = contender.module === undefined ? n : workload.peers;
  const task = { ...settings, id, contender, measure, n: peer, chunks, dir, story: contender.story ?? workload.story };
  if (measure === "resume") return resumeCell(task);
  return inChild("measure.mjs", task, heapMB === undefined ? {} : { heapMB });
}

async function resumeCell(task) {
  const prepared = await inChild("measure.mjs", { ...task, measure: "prepare" });
  const values = [];
  for (let i = 0; i < task.repetitions && prepared.error === undefined; i++) {
    const { value, error } = await inChild("measure.mjs", task);
    if (error !== undefined) return { error };
    values.push(value);
  }
  return prepared.error === undefined ? { value: median(values), bytes: prepared.bytes } : prepared;
}

/** Several measurements of one cell as one: the median of each figure. */
export function pooled(cells) {
  const failed = cells.find(({ error }) => error !== undefined);
  if (failed !== undefined) return failed;
  return Object.fromEntries(Object.keys(cells[0]).map((figure) => [figure, median(cells.map((cell) => cell[figure]))]));
}

// One cell of the table: one workload of one contender, in a process of its own, so that its heap and its compiled code are its own.
// Told what to do in argv[2] as JSON; answers over IPC.
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { median } from "./statistics.mjs";

const cell = JSON.parse(process.argv[2]);
const now = () => performance.now();
const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};

/** A run of more files stays until all is measured: right after many were removed, ext4 was seen to make files far more slowly. */
const REMOVED_AT_ONCE = 10;

const MEASURES = { timed, steady, durable, prepare, resume, pending };

async function main() {
  const module = await import(pathToFileURL(cell.contender.file).href);
  const contender = await module[cell.contender.name ?? "default"](cell);
  return MEASURES[cell.measure](contender);
}

/** Microseconds per body, once the code is warm. */
async function timed(contender) {
  let count = 0;
  const run = contender[cell.story]({ n: cell.n, hit: () => void count++ });
  const once = async () => {
    count = 0;
    const from = now();
    await run();
    if (count !== cell.n) throw new Error(`${count} of ${cell.n} bodies ran`);
    return now() - from;
  };
  const last = await warmUp(once);
  const inner = Math.max(1, Math.ceil(cell.repetitionMs / last));
  const samples = [];
  for (let i = 0; i < cell.repetitions; i++) {
    globalThis.gc();
    let spent = 0;
    for (let k = 0; k < inner; k++) spent += await once();
    samples.push((spent * 1_000) / inner / cell.n);
  }
  return { value: median(samples) };
}

/** Runs until the code is compiled: for so long, and on a busy machine for so many bodies. Resolves to what the last run took. */
async function warmUp(once) {
  const from = now();
  for (let bodies = 0; ; bodies += cell.n) {
    const last = await once();
    const spent = now() - from;
    if (spent > 4 * cell.warmMs || (spent > cell.warmMs && bodies > 200_000)) return last;
  }
}

/** Whether the last iterations cost what the first ones cost, in time and in memory. */
async function steady(contender) {
  await contender[cell.story]({ n: 100_000, hit: () => {} })();
  const [start, window] = [10_000, Math.floor(cell.n / 10)];
  let count = 0;
  const marks = {};
  const hit = () => {
    count++;
    if (count === start) marks.heap = heap();
    if (count === start + 1) marks.from = now();
    if (count === start + window) marks.first = now() - marks.from;
    if (count === cell.n - window) marks.from = now();
    if (count === cell.n - 1) marks.last = now() - marks.from;
    if (count === cell.n) marks.growth = heap() - marks.heap;
  };
  await contender[cell.story]({ n: cell.n, hit })();
  const us = (ms) => (ms * 1_000) / (window - 1);
  return { value: us(marks.last), first: us(marks.first), growth: marks.growth, perIteration: marks.growth / (cell.n - start) };
}

/** Milliseconds per iteration, and what is on the disk for it. */
async function durable(contender) {
  const runs = [];
  for (let i = 0; i <= cell.repetitions; i++) {
    const dir = mkdtempSync(join(cell.dir, "run-"));
    const times = [];
    const run = contender[cell.story]({ n: cell.n, chunks: cell.chunks, dir, hit: () => times.push(now()) });
    const from = now();
    await run();
    const value = (now() - from) / cell.n;
    if (times.length !== cell.n) throw new Error(`${times.length} of ${cell.n} bodies ran`);
    const tenth = Math.floor(cell.n / 10);
    const between = (a, b) => (times[b] - times[a]) / (b - a);
    const { bytes, files } = onDisk(dir);
    const [early, late] = [between(9, 9 + tenth), between(cell.n - 1 - tenth, cell.n - 1)];
    runs.push({ value, early, late, bytes: bytes / cell.n, files: files / cell.n });
    if (files < REMOVED_AT_ONCE) rmSync(dir, { recursive: true });
  }
  const all = (field) => median(runs.slice(1).map((run) => run[field]));
  return { value: all("value"), early: all("early"), late: all("late"), bytes: all("bytes"), files: all("files") };
}

/** The sizes of all files in a folder, summed up. */
function onDisk(folder) {
  const sum = { bytes: 0, files: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    sum.bytes += statSync(join(entry.parentPath, entry.name)).size;
    sum.files++;
  }
  return sum;
}

async function prepare(contender) {
  await contender[`prepare${cell.story}`](cell);
  return { bytes: onDisk(cell.dir).bytes };
}

/** Milliseconds in a fresh process until the first body runs. The process then ends, so that the stored run stays as it was. */
function resume(contender) {
  return new Promise((resolve, reject) => {
    globalThis.gc();
    const from = now();
    contender[`resume${cell.story}`]({ ...cell, hit: () => resolve({ value: now() - from }) }).catch(reject);
  });
}

/** Bytes per task that waits, with the tasks queued by a task; then all of them are run. */
async function pending() {
  const { load, UNLIMITED } = await import("./contenders/cairnflow.mjs");
  const { chain, ExecutionContext, task, workflow } = await load(cell.dist);
  let [count, full] = [0, 0];
  const w = task("w", () => {
    if (count++ === 0) full = heap();
  });
  const source = task("source", (ctx) => {
    for (let i = 0; i < cell.n; i++) ctx.nextTask(w, { input: i });
  });
  const before = heap();
  const context = ExecutionContext.create(workflow("pending", chain(source), { tasks: [w] }), { ...UNLIMITED, concurrency: 1 });
  await context.run();
  if (count !== cell.n) throw new Error(`${count} of ${cell.n} bodies ran`);
  return { value: (full - before) / cell.n, heap: process.memoryUsage().heapUsed };
}

main().then(
  (result) => process.send(result, () => process.exit(0)),
  (error) => process.send({ error: String(error?.stack ?? error) }, () => process.exit(1)),
);

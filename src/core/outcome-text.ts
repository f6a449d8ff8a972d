import type { ChannelOp } from "./channel.js";
import { opText, readOp } from "./channel-op-text.js";
import { storedRecord, storedValue } from "./checkpoint-read.js";
import { fromErrorRecord, toErrorRecord } from "./error-record.js";
import { CheckpointCorruptError, LimitExceededError } from "./errors.js";
import { checkedId, checkedKey } from "./ids.js";
import { withTexts } from "./json-text.js";
import type { CheckpointRequest, NextRequest, TaskOutcome, TaskRequests } from "./outcome.js";
import { JsonReader } from "./read-json.js";
import type { RegisteredTask } from "./registry.js";
import { isResultKey } from "./result-key.js";
import { capture, type StoredValue } from "./serialize/index.js";
import { errorRecord, readMemo } from "./spec-read.js";
import type { TaskSpec } from "./task-spec.js";

/** How long the text of an outcome may be, in characters. */
const LONGEST_OUTCOME = 64 * 1024 * 1024;

/** How an attempt ended that ran elsewhere, and what `ctx.once` has remembered by then. */
export interface RemoteOutcome {
  readonly outcome: TaskOutcome;
  readonly memo: TaskSpec["memo"];
}

/** Somebody has written a key since a body elsewhere updated it: its function is not here to be applied again, so the task is. */
export class UpdateConflict extends Error {
  override readonly name = "UpdateConflict";
}

/** An outcome as text, as a worker sends it. */
export function outcomeText({ outcome, memo }: RemoteOutcome): string {
  const remembered = memo === null ? "null" : textsOf(memo);
  if (outcome.kind === "threw") {
    const { error, retriable = null } = outcome;
    return withTexts({ kind: "threw", error: toErrorRecord(error), retriable }, { memo: remembered });
  }
  const { value, ops, requests } = outcome;
  return withTexts(
    { kind: "returned" },
    {
      memo: remembered,
      value: value.text(),
      ops: `[${ops.map(remoteOpText).join(",")}]`,
      requests: requests === null ? "null" : requestsText(requests),
    },
  );
}

/**
 * Reads the outcome of an attempt. `find` is the code of today for a reference; the places of tasks in the graph are taken from
 * there and not from the text. Throws a `CairnError` for anything that no worker can have sent.
 */
export function readOutcome(text: string, spec: TaskSpec, find: (module: string, name: string) => RegisteredTask): RemoteOutcome {
  if (text.length > LONGEST_OUTCOME) {
    throw new LimitExceededError(
      `the outcome of task "${spec.taskId}" is ${text.length} characters long: expected at most ${LONGEST_OUTCOME}; return less.`,
      { taskId: spec.taskId },
    );
  }
  const read = JsonReader.parse(text, "outcome");
  const memo = read.at("memo").isAbsent ? null : readMemo(read.at("memo"));
  if (read.at("kind").oneOf(["returned", "threw"]) === "threw") {
    const error = errorRecord(read.at("error"));
    if (error === null) throw new CheckpointCorruptError("outcome.error is nothing: expected an error; look at what the worker sent.");
    const retriable = read.at("retriable");
    const verdict = retriable.isAbsent ? {} : { retriable: retriable.flag() };
    return { outcome: { kind: "threw", error: fromErrorRecord(error), ...verdict }, memo };
  }
  const requests = read.at("requests").isAbsent ? null : readRequests(read.at("requests"), spec, find);
  return {
    outcome: { kind: "returned", value: storedValue(read.at("value")), ops: read.at("ops").items().map(readRemoteOp), requests },
    memo,
  };
}

const textsOf = (values: ReadonlyMap<string, StoredValue>): string =>
  `{${[...values].map(([key, value]) => `${JSON.stringify(key)}:${value.text()}`).join(",")}}`;

/** An update goes as what it was made of and what it gave: its function cannot travel. */
export function remoteOpText(op: ChannelOp): string {
  if (op.kind !== "update") return opText(op);
  const { kind, key, expiresAt, seen, value } = op;
  return withTexts({ kind, key, expiresAt }, { seen: seen?.text() ?? "null", value: value.text() });
}

/** Reads a write of a body elsewhere, which may not write results of tasks. */
export function readRemoteOp(op: JsonReader): ChannelOp {
  const key = checkedKey(op.at("key").text());
  if (isResultKey(key))
    throw new CheckpointCorruptError(`${op.path} writes the result of a task: expected another key; look at what the worker sent.`);
  if (op.at("kind").value !== "update") return readOp(op);
  const seen = op.at("seen").isAbsent ? undefined : storedValue(op.at("seen"));
  const value = storedValue(op.at("value"));
  const fn = (now: unknown): unknown => {
    const same = seen === undefined ? now === undefined : now !== undefined && capture(now, key).equals(seen);
    if (same) return value.read();
    throw new UpdateConflict(`channel key ${key} was written by another task meanwhile`);
  };
  return { kind: "update", key, fn, seen, value, expiresAt: op.at("expiresAt").isAbsent ? null : op.at("expiresAt").number() };
}

function requestsText({ next, iteration, checkpoints, terminate, cancel, metrics, artifacts }: TaskRequests): string {
  return withTexts(
    { terminate, cancel, artifacts, metrics: [...metrics].map(([name, value]) => [name, String(value)]) },
    {
      next: `[${next.map(nextText).join(",")}]`,
      iteration: iteration?.text() ?? "null",
      checkpoints: `[${checkpoints.map(checkpointRequestText).join(",")}]`,
    },
  );
}

const nextText = ({ ref, id, jump, maxRetries, input }: NextRequest): string =>
  withTexts({ module: ref.module, name: ref.name, id, jump, maxRetries }, { input: input.text() });

/** A request for a checkpoint as text. */
export const checkpointRequestText = ({ id, name, metadata }: CheckpointRequest): string =>
  withTexts({ id, name }, { metadata: metadata.text() });

function readRequests(read: JsonReader, spec: TaskSpec, find: (module: string, name: string) => RegisteredTask): TaskRequests {
  const message = (of: JsonReader) => (of.isAbsent ? null : { message: of.at("message").textOrNull() });
  const iteration = read.at("iteration");
  return {
    next: read
      .at("next")
      .items()
      .map((next) => readNext(next, find)),
    iteration: iteration.isAbsent ? null : storedValue(iteration),
    checkpoints: read
      .at("checkpoints")
      .items()
      .map((request) => readCheckpointRequest(request, spec)),
    terminate: message(read.at("terminate")),
    cancel: message(read.at("cancel")),
    metrics: new Map(
      read
        .at("metrics")
        .items()
        .map((pair) => [checkedKey(pair.at("0").text()), Number(pair.at("1").text())]),
    ),
    artifacts: read
      .at("artifacts")
      .items()
      .map((artifact) => ({
        path: artifact.at("path").text(),
        type: artifact.at("type").textOrNull(),
        description: artifact.at("description").textOrNull(),
        taskId: spec.taskId,
      })),
  };
}

function readNext(next: JsonReader, find: (module: string, name: string) => RegisteredTask): NextRequest {
  const { ref, node } = find(next.at("module").text(), next.at("name").text());
  const id = next.at("id");
  return {
    ref,
    node,
    id: id.isAbsent ? null : checkedId(id.text(), "id of a dynamic task"),
    input: storedValue(next.at("input")),
    jump: next.at("jump").flag(),
    maxRetries: next.at("maxRetries").count(),
  };
}

/** A request for a checkpoint that a worker sent. */
export function readCheckpointRequest(request: JsonReader, { taskId, cycle }: TaskSpec): CheckpointRequest {
  const name = request.at("name");
  return {
    id: checkedId(request.at("id").text(), "checkpoint id"),
    name: name.isAbsent ? null : checkedId(name.text(), "checkpoint name"),
    reason: "requested",
    metadata: capture(storedRecord(request.at("metadata")), "checkpoint metadata"),
    taskId,
    cycle,
  };
}

import type { ChannelOp } from "./channel.js";
import { opText, readOp } from "./channel-op-text.js";
import { storedValue } from "./checkpoint-read.js";
import { CheckpointCorruptError } from "./errors.js";
import { withTexts } from "./json-text.js";
import type { JsonReader } from "./read-json.js";
import { applyChange, type RunChange } from "./run-change.js";
import type { RunState } from "./run-state.js";
import { capture } from "./serialize/index.js";
import { errorRecord, type Names, readGroupFacts, readSpec, scopeKey } from "./spec-read.js";
import { specText } from "./spec-write.js";
import { writtenOrigin } from "./task-origin.js";
import type { TaskSpec } from "./task-spec.js";

/** Writes one commit down: the changes of its step, and what it wrote into the channel. */
export function commitText(changes: readonly RunChange[], ops: readonly ChannelOp[]): string {
  let done: TaskSpec | null = null;
  const texts = changes.map((change) => {
    const text = changeText(change, done);
    if (change.kind === "completed") done = change.spec;
    return text;
  });
  return `{"changes":[${texts.join(",")}],"ops":[${ops.map(opText).join(",")}]}`;
}

/** `done`: the task whose step this is, if it has ended well. */
function changeText(change: RunChange, done: TaskSpec | null): string {
  const { kind } = change;
  switch (kind) {
    case "queued":
    case "requeued":
    case "failed":
    case "retriedFailed":
    case "held":
      return withTexts({ kind }, { spec: specText(change.spec, null, change.spec.ref !== done?.ref) });
    case "completed": {
      const { spec, end, output } = change;
      return withTexts({ kind, serial: spec.serial, ...(end ? { end: true } : {}) }, output.isUndefined ? {} : { output: output.text() });
    }
    case "began":
      return withTexts({ kind }, { input: change.input.text() });
    case "remembered":
      return withTexts({ kind, serial: change.serial, key: change.key }, { value: change.value.text() });
    case "joined": {
      const { value, ...plain } = change;
      return withTexts(plain, { value: value.text() });
    }
    case "groupOpened": {
      const { input, origin, ...plain } = change.group;
      const written = origin === null ? plain : { ...plain, by: writtenOrigin(origin, plain.cycle) };
      return withTexts({ kind }, { group: withTexts(written, { input: input.text() }) });
    }
    case "groupClosed": {
      const { output, ...plain } = change;
      return withTexts(plain, { output: output.text() });
    }
    case "terminated":
      return withTexts({ kind, message: change.message }, { output: change.output.text() });
    case "metric":
      return JSON.stringify({ ...change, value: Number.isFinite(change.value) ? change.value : String(change.value) });
    default:
      return JSON.stringify(change);
  }
}

/** Puts a commit that was written down into effect, and returns the task whose step it was, if one ended well. `write` takes what it wrote into the channel. */
export function replayCommit(
  commit: JsonReader,
  state: RunState,
  names: Names,
  write: (ops: readonly ChannelOp[]) => void,
): TaskSpec | null {
  write(commit.at("ops").items().map(readOp));
  let done: TaskSpec | null = null;
  for (const written of commit.at("changes").items()) {
    const change = readChange(written, state, names, done);
    if (change.kind === "completed") done = change.spec;
    applyChange(state, change);
  }
  return done;
}

const KINDS = [
  "began",
  "queued",
  "completed",
  "requeued",
  "failed",
  "remembered",
  "joined",
  "joinFired",
  "groupOpened",
  "memberOpened",
  "memberClosed",
  "groupClosed",
  "groupFailed",
  "retriedFailed",
  "held",
  "terminated",
  "metric",
  "artifact",
  "status",
] as const;

function readChange(change: JsonReader, state: RunState, names: Names, done: TaskSpec | null): RunChange {
  const kind = change.at("kind").oneOf(KINDS);
  const node = (): string => names.rename(change.at("node").text());
  switch (kind) {
    case "queued":
    case "requeued":
    case "failed":
    case "retriedFailed":
    case "held":
      return { kind, spec: readSpec(change.at("spec"), names, done) };
    case "began":
      return { kind, input: storedValue(change.at("input")) };
    case "completed":
      return {
        kind,
        spec: specOf(state, change.at("serial")),
        output: change.at("output").isAbsent ? capture(undefined, "output") : storedValue(change.at("output")),
        end: !change.at("end").isAbsent && change.at("end").flag(),
      };
    case "remembered":
      return { kind, serial: change.at("serial").count(1), key: change.at("key").text(), value: storedValue(change.at("value")) };
    case "joined":
      return {
        kind,
        scope: scopeKey(change.at("scope")),
        node: node(),
        from: names.rename(change.at("from").text()),
        value: storedValue(change.at("value")),
      };
    case "joinFired":
      return { kind, scope: scopeKey(change.at("scope")), node: node() };
    case "groupOpened":
      return { kind, group: readGroupFacts(change.at("group"), names) };
    case "memberOpened":
      return { kind, group: change.at("group").count(1), member: change.at("member").count() };
    case "memberClosed":
      return { kind, scope: scopeKey(change.at("scope")) ?? damaged(change) };
    case "groupClosed":
      return { kind, group: change.at("group").count(1), output: storedValue(change.at("output")), end: change.at("end").flag() };
    case "groupFailed":
      return { kind, group: change.at("group").count(1), error: errorRecord(change.at("error")) ?? damaged(change) };
    case "terminated":
      return { kind, message: change.at("message").textOrNull(), output: storedValue(change.at("output")) };
    case "metric": {
      const value = change.at("value");
      return { kind, name: change.at("name").text(), value: typeof value.value === "string" ? Number(value.value) : value.number() };
    }
    case "artifact": {
      const artifact = change.at("artifact");
      const [type, description] = [artifact.at("type").textOrNull(), artifact.at("description").textOrNull()];
      return { kind, artifact: { path: artifact.at("path").text(), type, description, taskId: artifact.at("taskId").text() } };
    }
    case "status": {
      const status = change.at("status").oneOf(["running", "completed", "terminated", "failed", "cancelled"]);
      return { kind, status, message: change.at("message").textOrNull(), error: errorRecord(change.at("error")) };
    }
  }
}

function specOf(state: RunState, serial: JsonReader) {
  return state.find(serial.count(1))?.spec ?? damaged(serial);
}

function damaged({ path }: JsonReader): never {
  throw new CheckpointCorruptError(`${path} does not fit the steps before it; resume from another checkpoint.`, { file: "journal" });
}

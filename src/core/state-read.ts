import { storedValue } from "./checkpoint-read.js";
import { CheckpointCorruptError } from "./errors.js";
import type { JsonReader } from "./read-json.js";
import { type GroupRun, type Member, newMember, RunState, type RunStatus } from "./run-state.js";
import type { StoredValue } from "./serialize/index.js";
import { errorRecord, type Names, readGroupFacts } from "./spec-read.js";
import { checkRecords, openScope } from "./state-check.js";
import { type Section, splitKey } from "./state-records.js";
import type { StateTable } from "./state-table.js";
import { TaskList } from "./task-list.js";
import { readRunTrace } from "./trace-context.js";

const STATUSES: readonly RunStatus[] = ["running", "completed", "terminated", "failed", "cancelled"];

/** Builds a run's state from a checkpoint's records. Counts that follow from the records are counted anew. */
export function readRunState(head: JsonReader, table: StateTable, names: Names, runId = head.at("runId").text()): RunState {
  const { rename } = names;
  const state = new RunState(runId, rename(head.at("start").text()), head.at("seed").text());
  state.steps = head.at("steps").count();
  state.saves = head.at("saves").countOrNull() ?? 0;
  state.serial = head.at("serial").count();
  state.status = head.at("status").oneOf(STATUSES);
  state.message = head.at("message").textOrNull();
  state.error = errorRecord(head.at("error"));
  state.trace = readRunTrace(head.at("trace").value);
  state.root.first = head.at("first").isAbsent ? null : rename(head.at("first").text());
  state.root.ended = head.at("ended").flag();
  const bySection = new Map<Section, [string, JsonReader][]>();
  for (const [key, record] of table.records) {
    const split = splitKey(key);
    if (split === null) throw new CheckpointCorruptError(`state.json has a record of an unknown kind; resume from another checkpoint.`);
    const list = bySection.get(split.section) ?? [];
    bySection.set(split.section, list);
    list.push([split.name, record]);
  }
  readScalars(state, bySection, rename);
  readGroups(state, bySection, names);
  new TaskList().read(table.tasks, names).enlist(state);
  checkRecords(state);
  return state;
}

type Sections = ReadonlyMap<Section, readonly (readonly [string, JsonReader])[]>;

function readScalars(state: RunState, sections: Sections, rename: (node: string) => string): void {
  const { root } = state;
  const each = (section: Section, take: (name: string, record: JsonReader) => void): void => {
    for (const [name, record] of sections.get(section) ?? []) take(name, record);
  };
  each("done", (name, record) => state.completed.set(rename(name), record.count(1)));
  each("visit", (name, record) => {
    root.visits ??= new Map();
    root.visits.set(rename(name), record.count(1));
  });
  each("join", (name, record) => {
    root.joins ??= new Map();
    root.joins.set(rename(name), tokens(record, rename));
  });
  each("metric", (name, record) => state.metrics.set(name, typeof record.value === "string" ? Number(record.value) : record.number()));
  each("artifact", (_, record) => {
    const path = record.at("path").text();
    const [type, description] = [record.at("type").textOrNull(), record.at("description").textOrNull()];
    state.artifacts.set(path, { path, type, description, taskId: record.at("taskId").text() });
  });
  each("end", (name, record) => state.ends.set(rename(name), storedValue(record)));
  each("output", (_, record) => {
    root.output = storedValue(record);
  });
  each("input", (_, record) => {
    state.input = storedValue(record);
  });
}

function readGroups(state: RunState, sections: Sections, names: Names): void {
  const groups = [...(sections.get("group") ?? [])].map(([, record]) => record);
  groups.sort((a, b) => a.at("serial").count(1) - b.at("serial").count(1));
  for (const record of groups) {
    const status = record.at("status").oneOf(["running", "failed"]);
    const held = record.at("held").isAbsent
      ? []
      : record
          .at("held")
          .items()
          .map((serial) => serial.count(1));
    const group: GroupRun = { ...readGroupFacts(record, names), members: [], settled: 0, failures: 0, status, held };
    state.groups.set(group.serial, group);
  }
  const members = [...(sections.get("member") ?? [])].map(([name, record]) => ({ place: name.split(".").map(Number), record }));
  members.sort((a, b) => (a.place[0] as number) - (b.place[0] as number) || (a.place[1] as number) - (b.place[1] as number));
  for (const { place, record } of members) {
    const group = state.groups.get(place[0] as number);
    if (group === undefined || group.members.length !== place[1])
      throw new CheckpointCorruptError("state.json has a group member out of place; resume from another checkpoint.");
    const member = readMember(record, names);
    group.members.push(member);
    if (member.status !== "running") group.settled++;
    if (member.status === "failed") group.failures++;
  }
  for (const group of state.groups.values()) if (group.status === "running") openScope(state, group.scope).live++;
}

function readMember(record: JsonReader, { rename }: Names): Member {
  const member = newMember();
  member.status = record.at("status").oneOf(["running", "succeeded", "failed"]);
  member.error = errorRecord(record.at("error"));
  member.first = record.at("first").isAbsent ? null : rename(record.at("first").text());
  member.ended = record.at("ended").flag();
  member.output = record.at("output").isAbsent ? null : storedValue(record.at("output"));
  for (const [node, visits] of record.at("visits").entries()) {
    member.visits ??= new Map();
    member.visits.set(rename(node), visits.count(1));
  }
  for (const [node, waiting] of record.at("joins").entries()) {
    member.joins ??= new Map();
    member.joins.set(rename(node), tokens(waiting, rename));
  }
  return member;
}

const tokens = (record: JsonReader, rename: (node: string) => string): Map<string, StoredValue> =>
  new Map(record.entries().map(([from, value]) => [rename(from), storedValue(value)]));

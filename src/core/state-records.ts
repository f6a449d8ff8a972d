import { assertNever } from "./assert-never.js";
import type { GroupRun, Member, RunState, Scope, SpecStatus } from "./run-state.js";
import type { StoredValue } from "./serialize/index.js";
import { specText } from "./spec-write.js";
import { writtenOrigin } from "./task-origin.js";
import type { TaskSpec } from "./task-spec.js";

/** The sections of a run's state; a record's key is `<section>/<name>`, or the section alone. */
export const SECTIONS = ["task", "visit", "done", "join", "group", "member", "metric", "artifact", "end", "output", "input"] as const;
export type Section = (typeof SECTIONS)[number];

/** The section a key belongs to, and its name there; `null` if it is no key of a state. */
export function splitKey(key: string): { readonly section: Section; readonly name: string } | null {
  const slash = key.indexOf("/");
  const section = slash < 0 ? key : key.slice(0, slash);
  return (SECTIONS as readonly string[]).includes(section)
    ? { section: section as Section, name: slash < 0 ? "" : key.slice(slash + 1) }
    : null;
}

/** The keys of all records a state has. */
export function* recordKeys(state: RunState): IterableIterator<string> {
  const { root, running, failed, groups, completed, metrics, artifacts, ends } = state;
  for (const specs of [state.pending(), running.values(), failed.values()]) for (const { serial } of specs) yield `task/${serial}`;
  for (const node of new Set([...(root.first === null ? [] : [root.first]), ...(root.visits?.keys() ?? [])])) yield `visit/${node}`;
  for (const node of root.joins?.keys() ?? []) yield `join/${node}`;
  for (const { serial, members } of groups.values()) {
    yield `group/${serial}`;
    for (const place of members.keys()) yield `member/${serial}.${place}`;
  }
  const named = { done: completed, metric: metrics, artifact: artifacts, end: ends };
  for (const [section, records] of Object.entries(named)) for (const name of records.keys()) yield `${section}/${name}`;
  if (root.output !== null) yield "output";
  if (state.input !== null) yield "input";
}

/**
 * The record of a key as JSON text, or `null` if the state has none. `asPending`: the serial of a running task that is
 * to be saved as pending, because it asked for the checkpoint itself.
 */
export function renderRecord(state: RunState, key: string, asPending: number | null): string | null {
  const split = splitKey(key);
  if (split === null) return null;
  const { section, name } = split;
  switch (section) {
    case "task": {
      const found = savedTask(state, Number(name), asPending);
      return found && specText(found.spec, found.status);
    }
    case "visit":
      return numberText(state.root.first === name ? (state.root.visits?.get(name) ?? 1) : state.root.visits?.get(name));
    case "done":
      return numberText(state.completed.get(name));
    case "join":
      return joinText(state.root.joins?.get(name));
    case "group":
      return groupText(state.groups.get(Number(name)));
    case "member":
      return memberText(state, name);
    case "metric":
      return state.metrics.has(name) ? numberDocument(state.metrics.get(name) as number) : null;
    case "artifact":
      return state.artifacts.has(name) ? JSON.stringify(state.artifacts.get(name)) : null;
    case "end":
      return state.ends.get(name)?.text() ?? null;
    case "output":
      return state.root.output?.text() ?? null;
    case "input":
      return state.input?.text() ?? null;
    default:
      return assertNever(section);
  }
}

/** A task as it is saved, or `null` if the state has none of this serial; `asPending` as above. */
export function savedTask(
  state: RunState,
  serial: number,
  asPending: number | null,
): { readonly spec: TaskSpec; readonly status: SpecStatus } | null {
  const found = state.find(serial);
  return found === null || serial !== asPending ? found : { spec: { ...found.spec, attempt: found.spec.attempt + 1 }, status: "pending" };
}

const numberText = (value: number | undefined): string | null => (value === undefined ? null : String(value));

/** JSON has no word for these; the others are written as they are. */
const numberDocument = (value: number): string => (Number.isFinite(value) ? JSON.stringify(value) : JSON.stringify(String(value)));

function joinText(tokens: ReadonlyMap<string, StoredValue> | undefined): string | null {
  if (tokens === undefined) return null;
  return `{${[...tokens].map(([from, value]) => `${JSON.stringify(from)}:${value.text()}`).join(",")}}`;
}

function groupText(group: GroupRun | undefined): string | null {
  if (group === undefined) return null;
  const { serial, node, scope, parent, cycle, total, anonymous, status, held } = group;
  const origin = group.origin === null ? {} : { by: writtenOrigin(group.origin, cycle) };
  const head = JSON.stringify({ serial, node, scope, parent, ...origin, cycle, total, anonymous, status, held });
  return `${head.slice(0, -1)},"input":${group.input.text()}}`;
}

function memberText(state: RunState, name: string): string | null {
  const [group, place] = name.split(".").map(Number);
  const member = state.groups.get(group as number)?.members[place as number];
  if (member === undefined) return null;
  const { status, error } = member;
  const head = JSON.stringify({ status, error });
  return `${head.slice(0, -1)},${scopeText(member)}}`;
}

function scopeText(scope: Scope | Member): string {
  const joins = [...(scope.joins ?? [])].map(([node, tokens]) => `${JSON.stringify(node)}:${joinText(tokens)}`).join(",");
  const visits = JSON.stringify(Object.fromEntries(scope.visits ?? []));
  const { first, ended } = scope;
  return `"first":${JSON.stringify(first)},"visits":${visits},"joins":{${joins}},"ended":${ended},"output":${scope.output?.text() ?? "null"}`;
}

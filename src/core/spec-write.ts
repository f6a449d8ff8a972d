import type { SpecStatus } from "./run-state.js";
import { writtenOrigin } from "./task-origin.js";
import type { TaskRef } from "./task-ref.js";
import type { TaskSpec } from "./task-spec.js";

// Texts of specs are put together by hand, without the fields that hold nothing or what is most common: a checkpoint may hold ten
// thousand of them.

/** A spec whole. A journal leaves out the status, and a reference that its step has named already. */
export function specText(spec: TaskSpec, status: SpecStatus | null, hasRef = true): string {
  const { serial, taskId, lineage, input } = spec;
  let text = `{${status === null ? "" : `"status":"${status}",`}"serial":${serial},"taskId":"${taskId}",${sharedFields(spec)}`;
  if (lineage !== null) text += `,"lineage":${JSON.stringify(lineage)}`;
  text += ownFields(spec);
  if (hasRef) text += `,"ref":${refText(spec.ref)}`;
  return `${text},"input":${input.text()}}`;
}

/** What a spec has in common with those that were queued with it. */
export const sharedText = (spec: TaskSpec, status: SpecStatus): string =>
  `{"status":"${status}",${sharedFields(spec)},"ref":${refText(spec.ref)}}`;

/** Whether two specs have in common what a pack says once. */
export const hasSameFacts = (a: TaskSpec, b: TaskSpec): boolean =>
  a.createdAt === b.createdAt &&
  a.parent === b.parent &&
  a.origin === b.origin &&
  a.ref === b.ref &&
  a.node === b.node &&
  a.cycle === b.cycle &&
  a.attempt === b.attempt &&
  a.failures === b.failures &&
  a.maxRetries === b.maxRetries;

/** The items of a spec in a pack. */
export function itemsText(spec: TaskSpec): string {
  const { serial, taskId, lineage, input } = spec;
  const plain = input.plainText();
  let own = ownFields(spec);
  const line = lineage === null ? "null" : JSON.stringify(lineage);
  if (own === "" && plain !== null) return `${serial},"${taskId}",${line},${plain}`;
  if (lineage !== null) own += `,"lineage":${line}`;
  if (plain === null) own += `,"input":${input.text()}`;
  return `${serial},"${taskId}",{${own.slice(1)}},${plain}`;
}

function sharedFields({ node, attempt, failures, maxRetries, cycle, createdAt, parent, origin }: TaskSpec): string {
  let text = `"cycle":${cycle},"createdAt":${createdAt}`;
  if (node !== null) text += `,"node":"${node}"`;
  if (attempt !== 1) text += `,"attempt":${attempt}`;
  if (failures !== 0) text += `,"failures":${failures}`;
  if (maxRetries !== 0) text += `,"maxRetries":${maxRetries}`;
  if (parent !== null) text += `,"parent":${parent}`;
  return origin === null ? text : `${text},"by":${JSON.stringify(writtenOrigin(origin, cycle))}`;
}

/** Each with a comma in front. */
function ownFields({ serial, order, createdAt, availableAt, scope, lastError, memo }: TaskSpec): string {
  let text = "";
  if (order !== serial) text += `,"order":${order}`;
  if (availableAt !== createdAt) text += `,"availableAt":${availableAt}`;
  if (scope !== null) text += `,"scope":{"group":${scope.group},"member":${scope.member}}`;
  if (lastError !== null) text += `,"lastError":${JSON.stringify(lastError)}`;
  if (memo !== null) text += `,"memo":{${[...memo].map(([key, value]) => `${JSON.stringify(key)}:${value.text()}`).join(",")}}`;
  return text;
}

/** References by their text: all specs of a task share one. */
const refTexts = new WeakMap<TaskRef, string>();

function refText(ref: TaskRef): string {
  const known = refTexts.get(ref);
  if (known !== undefined) return known;
  const { strategy, module, name, qualname } = ref;
  const text = JSON.stringify({ strategy, module, name, qualname });
  refTexts.set(ref, text);
  return text;
}

import { assertNever } from "./assert-never.js";
import type {
  Ending,
  ExplainedError,
  ExplainedGroup,
  ExplainedJoin,
  ExplainedTask,
  Explanation,
  MemberPlace,
  QueuedBy,
  WaitsFor,
} from "./explanation.js";
import { quoted } from "./ids.js";
import { plainText } from "./render-labels.js";

/** An explanation for people: a line on the run, then some for each task, join and group. Names cannot pretend to be more than names. */
export function explanationText(run: Omit<Explanation, "toText" | "toString">): string {
  const { runId, workflow, status, steps, ended, tasks, joins, groups } = run;
  const head = `run ${quoted(runId)} of ${quoted(workflow)}: ${status} after ${counted(steps, "step")}`;
  const lines = [
    ended === null ? head : `${head}${endText(ended)}`,
    ...tasks.flatMap(taskLines),
    ...joins.map(joinLine),
    ...groups.flatMap(groupLines),
    ...(ended === null && tasks.length === 0 && joins.length === 0 ? ["nothing is pending"] : []),
  ];
  return `${lines.map(plainText).join("\n")}\n`;
}

function endText(ended: Ending): string {
  switch (ended.kind) {
    case "completed":
      return "; it came to its end";
    case "terminated":
      return `; a task ended it${ended.message === null ? "" : `: ${quoted(ended.message)}`}`;
    case "cancelled":
    case "failed": {
      const by = ended.by.map(({ taskId, cycle }) => `${quoted(taskId)} (cycle ${cycle})`).join(", ");
      return `; ${ended.kind === "failed" ? "it failed" : "it was cancelled"}${by === "" ? "" : ` by ${by}`}: ${errorText(ended.error)}`;
    }
    default:
      return assertNever(ended);
  }
}

function taskLines(task: ExplainedTask): string[] {
  const { taskId, specId, status, queuedBy, within, cycle, maxCycles, attempt, failures, maxRetries, lastError, waitsFor } = task;
  const budget = maxRetries === 0 ? "" : ` (${failures} of ${maxRetries} retries used)`;
  const limit = maxCycles === null ? " (limit not recorded)" : ` of at most ${maxCycles}`;
  return [
    `task ${quoted(taskId)} (${specId})${placesText(within)}: ${status}, cycle ${cycle}${limit}, attempt ${attempt}${failures > maxRetries ? "" : budget}`,
    `  queued by ${queuedText(queuedBy)}`,
    ...(lastError === null ? [] : [`  last error: ${errorText(lastError)}`]),
    `  ${waitText(waitsFor)}`,
  ];
}

function queuedText(by: QueuedBy): string {
  switch (by.kind) {
    case "start":
      return "the start of the run";
    case "edge":
      return `the ${by.back ? "back edge" : "edge"} from ${visit(by)}`;
    case "join": {
      const inputs = `with ${listed(by.present)}${by.missing.length === 0 ? "" : `, without ${listed(by.missing)}`}`;
      return by.last === null
        ? `its join, as nothing more could come, ${inputs}`
        : `its join, which ${visit(by.last)} completed, ${inputs}`;
    }
    case "goto":
      return `goto of ${visit(by)}`;
    case "nextTask":
      return `nextTask of ${visit(by)}`;
    case "iteration":
      return `nextIteration of ${visit(by)}`;
    case "member":
      return `its group, as ${placeText(by.place)}; the group by ${queuedText(by.groupQueuedBy)}`;
    case "unrecorded":
      return `what is not recorded${by.edgesFrom.length === 0 ? "" : `; edges lead to it from ${listed(by.edgesFrom)}`}`;
    default:
      return assertNever(by);
  }
}

function waitText(wait: WaitsFor): string {
  switch (wait.kind) {
    case "turn":
      return "waits for nothing: ready";
    case "place":
      return `waits for a place: ${wait.running} of at most ${wait.concurrency} tasks are running`;
    case "retry":
    case "delay":
      return `waits for ${wait.kind === "retry" ? "its next attempt" : "its time"}: ${timeText(wait.at)}, in ${wait.inMs} ms`;
    case "end":
      return "was running";
    case "siblings":
      return `has failed for good; group ${quoted(wait.group)} is judged when its ${wait.underWay + wait.notStarted} other members have ended`;
    case "room":
      return `waits for room in group ${quoted(wait.group)} (${wait.concurrency} at once) to be tried again`;
    case "resume":
      return "has failed for good; a resume tries it again";
    default:
      return assertNever(wait);
  }
}

const joinLine = ({ task, within, present, missing }: ExplainedJoin): string =>
  `join at ${quoted(task)}${placesText(within)}: has ${listed(present)}, waits for ${missing.map(({ from, standing }) => `${quoted(from)} (${standing})`).join(", ")}`;

function groupLines({
  group,
  within,
  queuedBy,
  policy,
  concurrency,
  cycle,
  total,
  ended,
  failures,
  notStarted,
  status,
}: ExplainedGroup): string[] {
  const limit = notStarted === 0 || concurrency === null ? "" : ` (${concurrency} at once)`;
  return [
    `group ${quoted(group)}${placesText(within)}: ${status}, cycle ${cycle}, policy ${quoted(policy)}; ${ended} of ${counted(total, "member")} ended, ${failures} failed, ${notStarted} not started${limit}`,
    `  queued by ${queuedText(queuedBy)}`,
  ];
}

const placesText = (within: readonly MemberPlace[]): string => within.map((place) => ` in ${placeText(place)}`).join("");

const placeText = ({ group, number, total, branch }: MemberPlace): string =>
  `member ${number} of ${total}${branch === null ? "" : ` (${quoted(branch)})`} of ${quoted(group)}`;

const visit = ({ from, cycle }: { readonly from: string; readonly cycle: number }): string => `${quoted(from)} (cycle ${cycle})`;

const errorText = ({ name, code, message }: ExplainedError): string =>
  `${plainText(name)}${code === null ? "" : ` [${plainText(code)}]`}: ${quoted(message)}`;

/** Of a time that a date cannot hold, the number. */
const timeText = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));

const listed = (names: readonly string[]): string => (names.length === 0 ? "nothing" : names.map(quoted).join(", "));

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

import { quoted } from "../core/ids.js";
import type { TaskSpec } from "../core/task-spec.js";
import type { PendingTask } from "../engine/run-result.js";
import { ScenarioError } from "./scenario-errors.js";
import type { PendingTimer } from "./simulated-clock.js";
import type { StagedTask } from "./stage.js";
import { timeText } from "./trace-text.js";

const SHOWN = 10;

/** A scenario as a report tells of it. */
export interface Standstill {
  readonly workflow: string;
  readonly runId: string;
  /** Wall-clock milliseconds. */
  readonly now: number;
  readonly begun: readonly StagedTask[];
  readonly pending: readonly PendingTask[];
  readonly timers: readonly PendingTimer[];
}

/** Nothing can be done, and the run has not ended. */
export const stuck = (story: Standstill): ScenarioError =>
  reportOf(
    story,
    `does not go on: ${standing(story)}; settle what the body waits for, let it wait by ctx.sleep, or pass a longer patience for work that takes real time.`,
  );

/** There was always something to do. */
export const endless = (story: Standstill, maxMoves: number): ScenarioError =>
  reportOf(
    story,
    `did not come to rest within ${maxMoves} bodies and timers: ${standing(story)}; end the loop, stop at a task or advance by a duration instead, or pass a higher maxMoves.`,
  );

/** The run ended before what it was to go on to. `end` says how, `ran` what it did. */
export function missed(story: Standstill, what: string, end: string, ran: readonly string[], cause?: unknown): ScenarioError {
  const list = ran.length === 0 ? "nothing" : [...new Set(ran)].map(quoted).join(", ");
  return reportOf(story, `ended (${end}) before ${what}; it ran ${list}.`, cause);
}

const reportOf = ({ workflow, runId }: Standstill, message: string, cause?: unknown): ScenarioError =>
  new ScenarioError(`the scenario of workflow ${quoted(workflow)} ${message}`, { runId, ...(cause === undefined ? {} : { cause }) });

/** What is under way, what waits, and since when. */
function standing({ now, begun, pending, timers }: Standstill): string {
  const since = (at: number): string => (at === now ? "" : ` for ${timeText(now - at)}`);
  const due = ({ availableAt }: PendingTask): string => (availableAt > now ? ` due in ${timeText(availableAt - now)}` : "");
  return [
    `under way: ${listed(begun, (task) => `${taskText(task.spec)}${since(task.since)}`)}`,
    `pending: ${listed(pending, (task) => `${taskText(task)}${due(task)}`)}`,
    `timers: ${listed(timers, ({ inMs }) => `in ${timeText(inMs)}`)}`,
  ].join("; ");
}

const taskText = ({ taskId, cycle, attempt }: Pick<TaskSpec, "taskId" | "cycle" | "attempt">): string =>
  `${quoted(taskId)} (cycle ${cycle}, attempt ${attempt})`;

function listed<Item>(items: readonly Item[], show: (item: Item) => string): string {
  if (items.length === 0) return "none";
  return items.slice(0, SHOWN).map(show).join(", ") + (items.length > SHOWN ? ` and ${items.length - SHOWN} more` : "");
}

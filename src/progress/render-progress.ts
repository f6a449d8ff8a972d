import type { ProgressState, RunningTask, TaskProgress } from "./progress-state.js";
import { fitted, padded, textWidth } from "./text-width.js";

const NAME_WIDTH = 28;
const FULL = "█";
const EMPTY = "░";
const GAP = "  ";

/** How much room there is. */
export interface Room {
  /** Columns of a line. */
  readonly width: number;
  /** Tasks that get a line of their own. */
  readonly tasks: number;
}

/** The lines of a live view: what is known of the run, then a line for each of its first running tasks. Times are those of the state. */
export function renderProgress(state: ProgressState, { width, tasks }: Room, now: number): string[] {
  if (state.phase === "waiting") return [];
  const shown = [...state.running.values()].slice(0, tasks);
  const names = Math.min(NAME_WIDTH, Math.max(0, ...shown.map((task) => textWidth(nameOf(task)))));
  const more = state.running.size - shown.length;
  const lines = [summaryOf(state, now, width), ...shown.map((task) => taskLine(task, names, width, now))];
  if (more > 0) lines.push(`  and ${more} more`);
  return lines.map((line) => fitted(line, width));
}

/** What is known of a run as a whole, in one line. */
export function summaryOf(state: ProgressState, now: number, width = Number.POSITIVE_INFINITY): string {
  const { total, steps, running, retries, checkpoints } = state;
  const elapsedMs = (state.endedAt ?? now) - state.startedAt;
  const perMs = elapsedMs > 0 ? (steps - state.stepsBefore) / elapsedMs : 0;
  const counts = [total === null ? counted(steps, "step") : `${steps}/${total} steps`, `${running.size} running`];
  if (retries > 0) counts.push(counted(retries, "retry", "retries"));
  if (checkpoints > 0) counts.push(counted(checkpoints, "checkpoint"));
  counts.push(`${rounded(perMs * 1_000)}/s`, timeText(elapsedMs));
  if (total !== null && perMs > 0 && total > steps) counts.push(`about ${timeText((total - steps) / perMs)} left`);
  const name = fitted(state.workflow ?? `run ${state.runId}`, NAME_WIDTH);
  const bar = total === null ? [] : [barOf(steps, total, width)];
  return [name, ...bar, ...counts].join(GAP);
}

/** How a run has ended, in one line. */
export function endingOf(state: ProgressState): string {
  const { phase, steps, retries, failed, checkpoints, note } = state;
  const facts = [counted(steps, "step")];
  if (retries > 0) facts.push(counted(retries, "retry", "retries"));
  if (failed > 0) facts.push(`${failed} failed`);
  facts.push(counted(checkpoints, "checkpoint"), timeText((state.endedAt ?? state.startedAt) - state.startedAt));
  return `${state.workflow ?? "run"} ${phase} (run ${state.runId}): ${facts.join(", ")}${note === null ? "" : `: ${note}`}`;
}

function taskLine(task: RunningTask, names: number, width: number, now: number): string {
  const { progress, attempt } = task;
  const cells = [padded(nameOf(task), names), ...(progress === null ? [] : progressCells(progress, width)), timeText(now - task.startedAt)];
  const leftMs = progress === null ? null : leftOf(progress, now);
  if (leftMs !== null) cells.push(`about ${timeText(leftMs)} left`);
  if (attempt > 1) cells.push(`attempt ${attempt}`);
  if (progress?.label) cells.push(progress.label);
  return `  ${cells.join(GAP)}`;
}

const nameOf = ({ taskId, cycle }: RunningTask): string => (cycle > 1 ? `${taskId} ×${cycle}` : taskId);

function progressCells({ done, total }: TaskProgress, width: number): string[] {
  if (total === null || !(total > 0)) return [rounded(done)];
  return [`${barOf(done, total, width)} ${percent(done, total)}`, `${rounded(done)}/${rounded(total)}`];
}

/** Milliseconds until a task is done, by its speed so far; `null` if there is no telling. */
function leftOf({ done, total, first, at }: TaskProgress, now: number): number | null {
  const perMs = (done - first.done) / (at - first.at);
  if (total === null || !(perMs > 0) || !Number.isFinite(perMs) || !(total > done)) return null;
  const leftMs = (total - done) / perMs - (now - at);
  return Number.isFinite(leftMs) ? Math.max(0, leftMs) : null;
}

function barOf(done: number, total: number, width: number): string {
  const length = width >= 120 ? 24 : 12;
  const full = Math.floor(shareOf(done, total) * length);
  return FULL.repeat(full) + EMPTY.repeat(length - full);
}

const percent = (done: number, total: number): string => `${Math.floor(shareOf(done, total) * 100)}%`.padStart(4);

/** From 0 to 1, whatever a task says. */
function shareOf(done: number, total: number): number {
  const share = done / total;
  return Number.isNaN(share) ? 0 : Math.min(1, Math.max(0, share));
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

const rounded = (value: number): string => String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

/** Milliseconds as `0:07`, `12:05` or `1:02:03`. */
export function timeText(ms: number): string {
  const seconds = Math.max(0, Math.floor((Number.isFinite(ms) ? ms : 0) / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const two = (count: number): string => String(count).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

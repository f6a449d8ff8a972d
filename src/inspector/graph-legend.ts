import type { PlacedLink } from "./boxes.js";
import type { NodeFacts } from "./graph-facts.js";
import { drawnLink } from "./graph-link.js";
import { type LegendEntry, legendOf } from "./legend.js";
import { type Markup, tag } from "./markup.js";
import { joinSign } from "./place-node.js";
import { stateIcon } from "./state-icon.js";
import { TASK_STATES, type TaskState } from "./task-state.js";

const STATE_TEXTS: Record<TaskState, string> = {
  failed: "failed",
  running: "was running",
  waiting: "waits to retry, or for a join",
  pending: "queued",
  completed: "completed",
};

/** What the signs mean of which the picture has any. */
export function graphLegend(facts: readonly NodeFacts[], links: readonly PlacedLink[], x: number, y: number, width: number) {
  const states = TASK_STATES.filter((state) => facts.some(({ standing }) => standing?.state === state));
  const entries: readonly (LegendEntry | false)[] = [
    ...states.map((state) => stateEntry(state)),
    states.length > 0 && facts.some(({ kind, standing }) => kind === "task" && standing === null) && boxEntry("cf-box", 3, "not reached"),
    facts.some(({ start }) => start) && boxEntry("cf-box", 6, "start"),
    facts.some(({ join }) => join === "all") && { sign: (at, top) => joinSign("all", at + 13, top + 7), text: "join: waits for all" },
    facts.some(({ join }) => join === "any") && { sign: (at, top) => joinSign("any", at + 13, top + 7), text: "join: any" },
    links.some(({ back }) => back) && { sign: backSign, text: "goes back" },
  ];
  return legendOf(
    entries.filter((entry) => entry !== false),
    x,
    y,
    width,
  );
}

const stateEntry = (state: TaskState): LegendEntry => ({
  sign: (x, y) =>
    tag("g", {}, tag("rect", { class: `cf-${state}`, x: x + 1, y, width: 24, height: 14, rx: 3 }), stateIcon(state, x + 8, y + 2)),
  text: STATE_TEXTS[state],
});

const boxEntry = (classes: string, radius: number, text: string): LegendEntry => ({
  sign: (x, y) => tag("rect", { class: classes, x: x + 1, y: y + 1, width: 24, height: 12, rx: radius }),
  text,
});

const backSign = (x: number, y: number): Markup =>
  drawnLink({
    from: "",
    to: "",
    back: true,
    points: [
      { x, y: y + 7 },
      { x: x + 26, y: y + 7 },
    ],
  }) as Markup;

import type { Context, Link } from "@opentelemetry/api";
import type { RunBeginning } from "../core/telemetry.js";
import type { RunTrace, TraceContext } from "../core/trace-context.js";
import { beginningAttributes } from "./names.js";
import type { Tools } from "./tools.js";
import { linksTo, spanOf } from "./trace-link.js";

/** What all spans of a run are below. */
export interface RunRoot {
  readonly context: Context;
  readonly trace: TraceContext | null;
  /** What the span of this part of the run is linked to. */
  readonly links: Link[];
}

/**
 * The root of a run: of one that goes on, what was saved with it. A span that is over at once: so it is in the hands of the exporter
 * before anything can happen to the process, and what later processes add has a parent.
 */
export function rootOf(tools: Tools, beginning: RunBeginning): RunRoot {
  const { origin, trace } = beginning;
  const around = tools.api.context.active();
  return origin === "resumed" && trace !== null ? savedRoot(tools, trace, around) : newRoot(tools, beginning, around);
}

function savedRoot({ api }: Tools, { root, run }: RunTrace, around: Context): RunRoot {
  const links = linksTo(api, spanOf(api, run), api.trace.getSpanContext(around));
  return { context: api.trace.setSpanContext(around, spanOf(api, root)), trace: root, links };
}

/** A fork has a trace of its own, which is linked to that of the other run. */
function newRoot({ api, spans }: Tools, beginning: RunBeginning, around: Context): RunRoot {
  const { workflow, origin, trace } = beginning;
  const links = origin === "forked" && trace !== null ? linksTo(api, spanOf(api, trace.root)) : [];
  const span = spans.begin(`begin ${workflow}`, { attributes: beginningAttributes(beginning), links }, around);
  span.end({});
  return { context: span.context, trace: span.trace, links: [] };
}

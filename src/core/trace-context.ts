/** A span in a trace that others go on from, in the words of W3C Trace Context. */
export interface TraceContext {
  /** Version 00: `00-<trace id>-<span id>-<flags>`, in hex. */
  readonly traceparent: string;
  /** What vendors have added, or `null`. */
  readonly tracestate: string | null;
}

/** Where a run stands in its trace: saved with it, so that a resumed run goes on in the same trace. */
export interface RunTrace {
  /** The span that the run began with: parent of all others of the run. */
  readonly root: TraceContext;
  /** The span of the part of the run that was under way last. */
  readonly run: TraceContext;
}

/** No id of a trace or a span consists of zeros. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const KEY = "(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})";
const VALUE = "[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]";
const MEMBER = new RegExp(`^${KEY}=${VALUE}$`);
/** Spaces and tabs, and no other white space, may stand around a member. */
const AROUND = /^[ \t]+|[ \t]+$/g;
const MOST_MEMBERS = 32;
const LONGEST_STATE = 512;

/** A trace context out of data: `null` for what is none. A tracestate that is not well-formed is left out. */
export function readTraceContext(value: unknown): TraceContext | null {
  if (!isRecord(value)) return null;
  const { traceparent, tracestate } = value;
  if (typeof traceparent !== "string" || !TRACEPARENT.test(traceparent)) return null;
  return { traceparent, tracestate: typeof tracestate === "string" && isTraceState(tracestate) ? tracestate : null };
}

/** The trace of a run out of data: `null` for what is none, since a run must not be lost for its trace. */
export function readRunTrace(value: unknown): RunTrace | null {
  if (!isRecord(value)) return null;
  const [root, run] = [readTraceContext(value["root"]), readTraceContext(value["run"])];
  return root === null || run === null ? null : { root, run };
}

function isTraceState(text: string): boolean {
  if (text.length > LONGEST_STATE) return false;
  const members = text.split(",").map((member) => member.replaceAll(AROUND, ""));
  return members.length <= MOST_MEMBERS && members.every((member) => MEMBER.test(member));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

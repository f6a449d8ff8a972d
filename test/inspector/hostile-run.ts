import type { CheckpointView, ListedCheckpoint } from "cairnflow";
import { CheckpointHistory } from "../../src/engine/checkpoint-history.js";
import type { Timeline } from "../../src/inspector/index.js";
import { HOSTILE } from "./graphs.js";

const texts = [...HOSTILE];
const REFERENCE = { strategy: "reference", module: "m", name: "n", qualname: "q" } as const;

/** A run in which every text that could come from stored data is hostile, names and ids that are checked when they are written included. */
function hostileView(view: CheckpointView): CheckpointView {
  const [first, second] = texts as unknown as [string, string];
  return {
    ...view,
    info: { ...view.info, runId: first, id: second, metadata: Object.fromEntries(texts.map((text) => [text, text])) },
    workflow: { name: second, version: 1 },
    channel: new Map(texts.map((text) => [text, { [text]: text }])),
    results: new Map(texts.map((text) => [text, text])),
    tasks: texts.map((text, index) => ({
      specId: `s${index}`,
      taskId: text,
      status: (["pending", "running", "failed"] as const)[index % 3] as "pending",
      cycle: 1,
      attempt: 2,
      input: { [text]: text },
      availableAt: 0,
      lastError: { name: text, message: text },
    })),
    completedTasks: new Map(texts.map((text) => [text, 2])),
    metrics: new Map(texts.map((text, index) => [text, index])),
    artifacts: texts.map((text) => ({ path: text, type: text, description: text, taskId: text })),
    details: { ...view.details, ...detailsOf() },
  };
}

function detailsOf() {
  const [first = ""] = texts;
  const error = { name: first, message: first, code: first };
  const details = {
    node: null,
    failures: 1,
    maxRetries: 3,
    member: null,
    origin: { via: "goto", from: first, cycle: 1 } as const,
    lineage: null,
    isStart: false,
    lastError: error,
    inputs: [...texts],
  };
  return {
    start: first,
    message: first,
    error,
    tasks: new Map(texts.map((_, index) => [`s${index}`, details])),
    joins: [],
    graph: {
      nodes: texts.map((text) => ({ id: text, group: null, join: "all" as const, reference: REFERENCE })),
      groups: [{ id: "group<b>", kind: "each" as const, group: null, policy: first, concurrency: 1, branches: [] }],
      edges: texts.slice(1).map((text) => ({ from: first, to: text, back: false })),
    },
  };
}

/** A history that answers with hostile texts. */
export class HostileHistory extends CheckpointHistory {
  constructor(private readonly honest: CheckpointHistory) {
    super(honest.store, { sha256: () => "" } as never);
  }

  override async latest(): Promise<CheckpointView> {
    const view = await this.honest.latest("r");
    if (view === null) throw new Error("found no checkpoint");
    return hostileView(view);
  }

  override async list(): Promise<readonly ListedCheckpoint[]> {
    const [one] = await this.honest.list("r");
    if (one === undefined) throw new Error("found no checkpoint");
    return texts.map((text, index) => ({
      ...one,
      seq: index + 1,
      id: text,
      name: text,
      taskId: text,
      parent: text,
      forkedFrom: { runId: text, checkpointId: text },
      metrics: Object.fromEntries(texts.map((metric) => [metric, index])),
      metadata: { [text]: text },
      pinned: true,
    }));
  }
}

export const hostileTimeline: Timeline = {
  startMs: 0,
  endMs: 100,
  bars: texts.map((taskId, index) => ({ taskId, cycle: 1, attempt: 1, startMs: index, endMs: index + 5, outcome: "completed" })),
  marks: texts.map((label, atMs) => ({ label, atMs })),
  omitted: 0,
};

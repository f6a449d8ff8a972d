import type { Papers } from "./papers.js";
import type { Source } from "./realistic-runs.js";

/** A checkpoint that was made to do harm, with all digests right. */
export interface HostileCase {
  readonly name: string;
  readonly source: Source;
  /** Made when it is its turn: some are large. */
  readonly papers: () => Papers;
}

type Document = "context" | "state" | "meta";
type Json = Record<string, unknown>;

const IDS = [
  "../../etc/passwd",
  "/etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "..",
  "",
  "a/../b",
  "x".repeat(100_000),
  "\u0000",
  "CON",
];
const DEEP = 100_000;
const deepList = "[".repeat(DEEP) + "]".repeat(DEEP);
const deepRecord = '{"json":'.repeat(DEEP) + "1" + "}".repeat(DEEP);
const deepCause = `${'{"name":"E","message":"m","cause":'.repeat(DEEP)}null${"}".repeat(DEEP)}`;
const wide = `[${"0,".repeat(200_000)}0]`;
const long = JSON.stringify("x".repeat(2_000_000));
const LARGE: Readonly<Record<string, string>> = { deepList, deepRecord, deepCause, wide, long };

/** Puts something else in the place of a field, given as its path. */
function replaced(text: string, path: readonly string[], value: string): string {
  const root = JSON.parse(text) as Json;
  const key = path.at(-1) as string;
  const holder = path.slice(0, -1).reduce<Json | undefined>((at, step) => at?.[step] as Json | undefined, root);
  if (holder === undefined || typeof holder !== "object" || holder === null) return text;
  holder[key] = "@@hostile@@";
  return JSON.stringify(root).replace('"@@hostile@@"', () => value);
}

const words = (...lines: readonly string[]): readonly string[] => lines.flatMap((line) => line.split(" "));

const FIELDS: Readonly<Record<Document, readonly string[]>> = {
  context: words(
    "formatVersion workflow workflow.name workflow.version graph graph.sha256 graph.nodes channel channel.backend",
    "channel.data channel.removed channel.segments channel.segments.0.sha256 options options.maxSteps",
    "options.defaultMaxCycles",
  ),
  state: words(
    "schemaVersion runId seq steps status start first serial seed error message segments segments.0.sha256",
    "segments.0.size pendingTasks pendingTasks.0 pendingTasks.0.ref pendingTasks.0.ref.module",
    "pendingTasks.0.ref.name pendingTasks.0.taskId pendingTasks.0.node pendingTasks.0.scope pendingTasks.0.input",
    "pendingTasks.0.lastError pendingTasks.0.memo pendingTasks.0.lineage pendingTasks.0.availableAt",
    "failedTasks.0.node failedTasks.0.taskId failedTasks.0.lastError runningTasks.0.node completedTasks cycleCounts",
    "joins groups members metrics artifacts ends output removed",
  ),
  meta: words(
    "checkpointId runId seq name createdAt reason steps taskId progress files files.context.sha256",
    "files.state.sha256 metadata metadata.json parent blobs",
  ),
};

/** Every field becomes each of the ids, and one of the large values in turn. */
function fieldCases(source: Source): HostileCase[] {
  const { papers } = source;
  const ids = IDS.map((id) => [id.slice(0, 20), JSON.stringify(id)] as const);
  const large = Object.entries(LARGE);
  return (["context", "state", "meta"] as const).flatMap((document) =>
    FIELDS[document]
      .filter((field) => has(papers[document], field))
      .flatMap((field, place) =>
        [...ids, large[place % large.length] as [string, string]].map(([what, value]) => ({
          name: `${document}.${field} is ${JSON.stringify(what)}`,
          source,
          papers: () => ({ ...papers, [document]: replaced(papers[document], field.split("."), value) }),
        })),
      ),
  );
}

const has = (text: string, field: string): boolean =>
  field.split(".").reduce<unknown>((at, step) => (at as Json | undefined | null)?.[step], JSON.parse(text)) !== undefined;

function* versionCases(source: Source): IterableIterator<HostileCase> {
  const { papers } = source;
  for (const version of ["2", "0", "-1", "1.5", "1e308", '"1"', "null"]) {
    const context = (): string => replaced(papers.context, ["formatVersion"], version);
    const state = (): string => replaced(papers.state, ["schemaVersion"], version);
    yield { name: `formatVersion ${version}`, source, papers: () => ({ ...papers, context: context() }) };
    yield { name: `schemaVersion ${version}`, source, papers: () => ({ ...papers, state: state() }) };
  }
}

/** Whole documents and blobs that are something else altogether. */
function* wholeCases(source: Source): IterableIterator<HostileCase> {
  const { papers } = source;
  const widest = `[${"0,".repeat(300_000)}0]`;
  const texts = {
    ...LARGE,
    widest,
    nothing: "",
    null: "null",
    "a number": "1",
    "a list": "[]",
    "an object": "{}",
    "no JSON": "{",
    "a BOM": "\ufeff{}",
  };
  for (const [what, text] of Object.entries(texts)) {
    for (const document of ["context", "state", "meta"] as const)
      yield { name: `${document} is ${what}`, source, papers: () => ({ ...papers, [document]: text }) };
    for (const digest of [...papers.blobs.keys()].slice(0, 2)) {
      yield {
        name: `blob ${digest.slice(0, 6)} is ${what}`,
        source,
        papers: () => ({ ...papers, blobs: new Map([...papers.blobs, [digest, text]]) }),
      };
    }
  }
}

/** Hostile names of records: the keys of the channel, of tasks, joins and metrics. */
function* keyCases(source: Source): IterableIterator<HostileCase> {
  const { papers } = source;
  for (const id of IDS) {
    const key = JSON.stringify(id);
    const what = id.slice(0, 20);
    const channel = `{${key}:{"value":{"json":1}}}`;
    yield {
      name: `channel key ${what}`,
      source,
      papers: () => ({ ...papers, context: replaced(papers.context, ["channel", "data"], channel) }),
    };
    for (const [field, value] of Object.entries({
      completedTasks: "1",
      cycleCounts: "1",
      metrics: "1",
      joins: `{${key}:{"json":1}}`,
      ends: '{"json":1}',
      members: "{}",
    })) {
      yield {
        name: `${field} key ${what}`,
        source,
        papers: () => ({ ...papers, state: replaced(papers.state, [field], `{${key}:${value}}`) }),
      };
    }
  }
}

/** All of them, for the checkpoint with the most sorts of records and for the last one of a run that failed. */
export function hostileCases(sources: readonly Source[]): HostileCase[] {
  const richest = sources.reduce((best, source) => (sortsIn(source) > sortsIn(best) ? source : best));
  const failed = sources.find(({ papers }) => has(papers.state, "failedTasks.0")) as Source;
  return [
    ...fieldCases(richest),
    ...fieldCases(failed),
    ...[richest, failed].flatMap((source) => [...versionCases(source), ...keyCases(source)]),
    ...wholeCases(richest),
  ];
}

/** How many sorts of records a checkpoint has. */
function sortsIn({ papers }: Source): number {
  const fields = Object.values(JSON.parse(papers.state) as Json);
  return fields.filter((field) => typeof field === "object" && field !== null && Object.keys(field).length > 0).length;
}

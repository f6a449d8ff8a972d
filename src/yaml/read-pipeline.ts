import { checkedCount } from "../authoring/option-checks.js";
import { toMs } from "../core/duration.js";
import { checkedId } from "../core/ids.js";
import { capture } from "../core/serialize/index.js";
import { Fields, flagOf, listOf, textOf, tried } from "./fields.js";
import { describe, type Located, plainValue } from "./located.js";
import type { Problems } from "./problems.js";
import { StepReader } from "./read-step.js";
import type { PipelineSpec, ResumeSection } from "./step-spec.js";

const PIPELINE_FIELDS = ["id", "version", "params", "resume", "steps"];
const RESUME_FIELDS = ["enabled", "checkpoint_interval", "max_retries", "retry_failed"];
const ID_LIMIT = 120;

/** Reads what a text says of a pipeline. What cannot be read is a problem, and left out. `null`: there is no map at all. */
export function readPipeline(node: Located, problems: Problems): PipelineSpec | null {
  const fields = Fields.read(node, PIPELINE_FIELDS, "the pipeline", problems);
  if (fields === null) return null;
  const resume = fields.get("resume");
  const version = fields.get("version");
  return {
    id: readId(fields, problems),
    version: version === null ? 1 : (tried(() => checkedCount(plainValue(version), "version"), version.place, problems) ?? 1),
    params: readParams(fields.get("params"), problems),
    resume: resume === null ? null : readResume(resume, problems),
    steps: readSteps(fields, problems),
  };
}

function readId(fields: Fields, problems: Problems): string {
  const node = fields.get("id");
  if (node === null) problems.add(fields.place, "the pipeline has no id: expected one, such as id: nightly-report.");
  const text = node === null ? null : textOf(node, "id", problems);
  if (node === null || text === null) return "pipeline";
  // The references of its tasks hold its id and a name beside it.
  if (text.length > ID_LIMIT) problems.add(node.place, `id is ${text.length} characters long: expected at most ${ID_LIMIT}; shorten it.`);
  else tried(() => checkedId(text, "id"), node.place, problems);
  return text;
}

function readParams(node: Located | null, problems: Problems): ReadonlyMap<string, unknown> {
  if (node === null) return new Map();
  if (node.kind !== "map") problems.add(node.place, `params is ${describe(node)}: expected a map of values by name.`);
  const entries = node.kind === "map" ? node.entries : new Map();
  return new Map(Array.from(entries, ([name, { value }]) => [name, capture(plainValue(value), `params.${name}`).read()]));
}

function readSteps(fields: Fields, problems: Problems): PipelineSpec["steps"] {
  const node = fields.get("steps");
  if (node === null) problems.add(fields.place, "the pipeline has no steps: expected a list of them.");
  const items = node === null ? null : listOf(node, "steps", problems);
  if (node !== null && items?.length === 0) problems.add(node.place, "steps is an empty list: expected at least one step.");
  const reader = new StepReader(problems);
  return (items ?? []).flatMap((item) => reader.read(item, false) ?? []);
}

function readResume(node: Located, problems: Problems): ResumeSection {
  const fields = Fields.read(node, RESUME_FIELDS, "resume", problems);
  const flag = (name: string): boolean | null => {
    const found = fields?.get(name) ?? null;
    return found === null ? null : flagOf(found, `resume.${name}`, problems);
  };
  return {
    enabled: flag("enabled") ?? true,
    every: readInterval(fields?.get("checkpoint_interval") ?? null, problems),
    maxRetries: readRetries(fields?.get("max_retries") ?? null, problems),
    retryFailed: flag("retry_failed"),
  };
}

function readInterval(node: Located | null, problems: Problems): ResumeSection["every"] {
  const value = node === null ? null : plainValue(node);
  if (node === null || value === "task") return value as "task" | null;
  if (Number.isSafeInteger(value) && (value as number) >= 1) return { steps: value as number };
  const ms = typeof value === "string" ? tried(() => toMs(value, "resume.checkpoint_interval"), node.place, problems) : undefined;
  if (ms === undefined || ms === 0) {
    problems.add(
      node.place,
      `resume.checkpoint_interval is ${describe(node)}: expected a number of steps from 1 up, a time such as 30s, or task.`,
    );
  }
  return ms ? { ms } : null;
}

function readRetries(node: Located | null, problems: Problems): number | null {
  if (node === null) return null;
  const value = plainValue(node);
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  problems.add(node.place, `resume.max_retries is ${describe(node)}: expected a whole number from 0 up.`);
  return null;
}

import { toMs } from "../core/duration.js";
import { checkedId } from "../core/ids.js";
import { checkedRetry } from "../core/retry.js";
import type { StandardSchema } from "../core/standard-schema.js";
import type { TaskSettings } from "../core/task.js";
import { checkedCount, checkedFlag, checkedOptions, checkedTexts, checkedWord, optionError } from "./option-checks.js";
import type { TaskOptions } from "./task-options.js";

const KNOWN = [
  ...["name", "module", "start", "next", "after", "join", "retry", "timeout", "maxCycles", "critical", "checkpoint"],
  ...["formerly", "input", "output", "handler", "tags", "graph"],
];
const MODULE = /^[A-Za-z0-9@][A-Za-z0-9@._/-]{0,255}$/;
const FORMER = /^(?:[A-Za-z0-9@][A-Za-z0-9@._/-]{0,255}#)?[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const TAG = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const NAME = /^[^\p{C}\s]{1,128}$/u;

/** Checks the options of a task and fills in what they leave out. `what` names the task in errors. Throws `DefinitionError`. */
export function checkedSettings(given: unknown, what: string): TaskSettings {
  const options = checkedOptions<TaskOptions>(given, KNOWN, what);
  const of = (option: string): string => `option ${option} of ${what}`;
  return Object.freeze({
    module: checkedModule(options.module, of("module")),
    start: checkedFlag(options.start, of("start")),
    next: checkedTexts(options.next, NAME, of("next"), "the name of a task, or a list of them"),
    after: checkedTexts(options.after, NAME, of("after"), "the name of a task, or a list of them"),
    join: checkedWord(options.join, ["all", "any"], of("join")) ?? "all",
    retry: options.retry === undefined ? null : checkedRetry(options.retry),
    timeoutMs: checkedTimeout(options.timeout, of("timeout")),
    maxCycles: checkedCount(options.maxCycles, of("maxCycles")),
    critical: checkedFlag(options.critical, of("critical")),
    checkpoint: checkedWord(options.checkpoint, ["before", "after"], of("checkpoint")),
    formerly: checkedTexts(options.formerly, FORMER, of("formerly"), 'former names such as "oldName" or "old/module#oldName"'),
    input: checkedSchema(options.input, of("input")),
    output: checkedSchema(options.output, of("output")),
    handler: options.handler === undefined ? "inline" : checkedId(options.handler, of("handler")),
    tags: checkedTexts(options.tags, TAG, of("tags"), "words of A-Z a-z 0-9 . _ : - starting with a letter or digit"),
  });
}

function checkedModule(module: unknown, what: string): string | null {
  if (module === undefined) return null;
  if (typeof module === "string" && MODULE.test(module)) return module;
  throw optionError(what, module, "1 to 256 of A-Z a-z 0-9 @ . _ / - starting with a letter, a digit or @");
}

function checkedTimeout(timeout: TaskOptions["timeout"], what: string): number | null {
  if (timeout === undefined) return null;
  const ms = toMs(timeout, what);
  if (ms > 0) return ms;
  throw optionError(what, timeout, "more than 0 ms");
}

function checkedSchema(schema: unknown, what: string): StandardSchema | null {
  if (schema === undefined) return null;
  const props = (schema as { readonly "~standard"?: Partial<StandardSchema["~standard"]> } | null)?.["~standard"];
  if (typeof props?.validate === "function" && props.version === 1) return schema as StandardSchema;
  throw optionError(what, schema, 'a Standard Schema (an object with "~standard"), as zod, valibot and arktype make them');
}

import { LimitExceededError } from "../errors.js";
import { BIGINT_DIGITS, type Level, PRIVATE, SHARED, WORK_LIMIT } from "./limits.js";
import { PART_TYPE } from "./part.js";
import { checkPartName } from "./revive.js";
import { corruptDocument } from "./verify.js";

const BIGINT = new RegExp(`^(?:0|-?[1-9][0-9]{0,${BIGINT_DIGITS - 1}})$`);
const INDEX = /^(?:0|[1-9][0-9]{0,9})$/;
const SPECIAL_NUMBERS: readonly unknown[] = ["NaN", "Infinity", "-Infinity", "-0"];

/** What the JSON under an annotation must look like, for each of superjson's types that this library writes. */
const FORMS: ReadonlyMap<unknown, (raw: unknown) => boolean> = new Map<unknown, (raw: unknown) => boolean>([
  ["undefined", (raw) => raw === null],
  ["bigint", (raw) => typeof raw === "string" && BIGINT.test(raw)],
  ["number", (raw) => SPECIAL_NUMBERS.includes(raw)],
  ["Date", (raw) => typeof raw === "string" && new Date(raw).toISOString() === raw],
  ["regexp", (raw) => typeof raw === "string" && /^\/[\s\S]+\/[a-z]*$/.test(raw)],
  ["URL", (raw) => typeof raw === "string" && new URL(raw).href === raw],
  ["set", (raw) => Array.isArray(raw)],
  ["map", (raw) => Array.isArray(raw) && raw.every((row) => Array.isArray(row) && row.length === 2)],
]);
const SHARED_TYPES: readonly unknown[] = ["undefined", "bigint", "number"];

/**
 * Checks superjson's annotations against the JSON they belong to: known types, own properties only, children before parents,
 * and no more work than the limit. Whatever passes can be given to superjson, which trusts its input.
 */
export class MetaCheck {
  level: Level = SHARED;
  private work = 0;
  private readonly done = new Set<unknown>();

  check(meta: unknown, json: unknown): void {
    if (!isRecord(meta) || meta["v"] !== 1 || Object.keys(meta).length !== 2) throw corruptDocument("annotations of another kind");
    const values = meta["values"];
    if (Array.isArray(values)) this.checkNode(values, json, 0);
    else this.checkChildren(values, json, 0);
  }

  private checkNode(annotation: readonly unknown[], raw: unknown, depth: number): void {
    const [type, children] = annotation;
    this.work += depth + 1;
    if (this.work > WORK_LIMIT) throw new LimitExceededError("stored value: too many rich values too deep; it cannot be read.");
    if (this.done.has(raw)) throw corruptDocument("two annotations for one place");
    this.checkType(type, raw);
    if (annotation.length > 2) throw corruptDocument("an annotation that is too long");
    if (annotation.length === 2) this.checkChildren(children, raw, depth);
    if (isContainer(raw)) this.done.add(raw);
  }

  private checkType(type: unknown, raw: unknown): void {
    if (Array.isArray(type)) {
      if (type.length !== 2 || type[0] !== "custom" || type[1] !== PART_TYPE) throw corruptDocument("an annotation of an unknown type");
      if (!Array.isArray(raw) || raw.length !== 2) throw corruptDocument("a part that is no pair");
      if (checkPartName(raw[0])) this.level = PRIVATE;
      return;
    }
    const hasForm = FORMS.get(type);
    if (hasForm === undefined) throw corruptDocument("an annotation of an unknown type");
    if (!hasForm(raw)) throw corruptDocument("an annotation that does not fit its value");
    if (!SHARED_TYPES.includes(type)) this.level = PRIVATE;
  }

  private checkChildren(children: unknown, parent: unknown, depth: number): void {
    if (!isRecord(children)) throw corruptDocument("annotations of another kind");
    for (const key of Object.keys(children)) {
      const annotation = children[key];
      if (!Array.isArray(annotation)) throw corruptDocument("annotations of another kind");
      const steps = stepsOf(key);
      this.checkNode(annotation, this.resolve(parent, steps), depth + steps.length);
    }
  }

  /** Follows a path through own properties of what is still plain JSON. */
  private resolve(parent: unknown, steps: readonly string[]): unknown {
    let node = parent;
    for (const step of steps) {
      if (!isContainer(node) || this.done.has(node)) throw corruptDocument("an annotation whose place does not exist");
      const known = Array.isArray(node) ? INDEX.test(step) && Number(step) < node.length : Object.hasOwn(node, step);
      if (!known) throw corruptDocument("an annotation whose place does not exist");
      node = (node as Record<string, unknown>)[step];
    }
    return node;
  }
}

/** The steps of a path as superjson writes it: joined by dots, with `\` before each dot and `\` that belongs to a key. */
function stepsOf(path: string): string[] {
  if (!path.includes("\\")) return path.split(".");
  const steps: string[] = [];
  let step = "";
  for (let index = 0; index < path.length; index++) {
    const char = path.charAt(index);
    if (char !== ".") {
      step += char === "\\" ? path.charAt(++index) : char;
      continue;
    }
    steps.push(step);
    step = "";
  }
  return [...steps, step];
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isContainer(value) && !Array.isArray(value);
}

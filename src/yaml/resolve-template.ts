import { quoted } from "../core/ids.js";
import { isPlainObject } from "../core/plain-object.js";
import { TemplateError } from "./pipeline-errors.js";
import type { Template, TemplatePath } from "./template.js";

/** Gives what the root of a path stands for; `undefined` for what is not there. */
export type ReadRoot = (path: TemplatePath) => unknown;

/** Makes the value of a template. `step` names it in errors. Throws `TemplateError` for what is not there. */
export async function resolveTemplate(template: Template, read: ReadRoot, step: string): Promise<unknown> {
  switch (template.kind) {
    case "literal":
      return template.value;
    case "value":
      return valueAt(template.path, await read(template.path), step);
    case "text":
      return resolveText(template.parts, read, step);
    case "list": {
      const items: unknown[] = [];
      for (const item of template.items) items.push(await resolveTemplate(item, read, step));
      return items;
    }
    case "record": {
      const fields: [string, unknown][] = [];
      for (const [key, field] of template.fields) fields.push([key, await resolveTemplate(field, read, step)]);
      return Object.fromEntries(fields);
    }
  }
}

async function resolveText(parts: readonly (string | TemplatePath)[], read: ReadRoot, step: string): Promise<string> {
  let text = "";
  for (const part of parts) text += typeof part === "string" ? part : asText(part, valueAt(part, await read(part), step), step);
  return text;
}

function asText(path: TemplatePath, value: unknown, step: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  throw refused(
    path,
    step,
    `is ${kindOf(value)}, which cannot stand within a text`,
    "let the template stand alone, or name one of its fields",
  );
}

/** Follows the keys of a path: own fields of plain objects, and places in lists. */
function valueAt(path: TemplatePath, root: unknown, step: string): unknown {
  let value = root;
  let found = rootText(path);
  for (const key of path.keys) {
    if (!has(value, key))
      throw refused(
        path,
        step,
        `asks for ${typeof key === "number" ? `item ${key}` : quoted(key)}, but ${found} is ${kindOf(value)} without it`,
        ADVICE,
      );
    value = (value as Readonly<Record<string | number, unknown>>)[key];
    found += typeof key === "number" ? `[${key}]` : `.${key}`;
  }
  if (value !== undefined) return value;
  throw refused(path, step, `asks for ${found}, which is not there`, ADVICE);
}

const ADVICE = "correct the path, or what it leads to";

const rootText = ({ root, step }: TemplatePath): string => (step === null ? root : `${root}.${step}.output`);

function has(value: unknown, key: string | number): boolean {
  if (Array.isArray(value)) return typeof key === "number" && key < value.length;
  return typeof key === "string" && isPlainObject(value) && Object.hasOwn(value, key);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const refused = ({ text }: TemplatePath, step: string, found: string, advice: string): TemplateError =>
  new TemplateError(`the template ${quoted(text)} of step ${quoted(step)} ${found}; ${advice}.`);

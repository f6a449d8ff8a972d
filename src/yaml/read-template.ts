import { expectedNames } from "../core/expected-names.js";
import { quoted } from "../core/ids.js";
import { capture } from "../core/serialize/index.js";
import { type Located, type Place, plainValue } from "./located.js";
import type { Problems } from "./problems.js";
import { TEMPLATE_ROOTS, type Template, type TemplatePath } from "./template.js";

const OPEN = "${{";
/** `$${{` stands for the text `${{`. */
const ESCAPED = `$${OPEN}`;
const PIECE = /\$\$\{\{|\$\{\{([\s\S]*?)\}\}|\$\{\{/g;
const ROOT = /^[a-zA-Z][a-zA-Z0-9_-]*/;
const KEY = /\.([a-zA-Z_][a-zA-Z0-9_-]*)|\[(\d{1,9})\]|\["([^"\\\]\p{C}]{1,128})"\]/uy;
const GRAMMAR =
  'expected a path such as steps.load.output.rows, input.files[0] or params["learning rate"]; nothing is computed in a template';

/** Reads a value with templates in its texts. */
export function readTemplate(node: Located, problems: Problems): Template {
  const template = templateOf(node, problems);
  return isLiteral(template) ? { kind: "literal", value: capture(plainValueOf(template), "parameters").read() } : template;
}

function templateOf(node: Located, problems: Problems): Template {
  if (node.kind === "list") return { kind: "list", items: node.items.map((item) => templateOf(item, problems)) };
  if (node.kind === "map") {
    const fields = Array.from(node.entries, ([key, { value }]) => [key, templateOf(value, problems)] as const);
    return { kind: "record", fields: new Map(fields) };
  }
  return typeof node.value === "string" ? readText(node.value, node.place, problems) : { kind: "literal", value: plainValue(node) };
}

/** Reads one text: a literal, one path alone, or a text with paths in it. */
function readText(text: string, place: Place, problems: Problems): Template {
  const parts: (string | TemplatePath)[] = [];
  let literal = "";
  let from = 0;
  for (const { 0: piece, 1: inner, index } of text.matchAll(PIECE)) {
    literal += text.slice(from, index);
    from = index + piece.length;
    if (piece === ESCAPED) {
      literal += OPEN;
      continue;
    }
    if (inner === undefined) return unclosed(text, place, problems);
    const path = readPath(inner.trim(), place, problems);
    if (literal !== "") parts.push(literal);
    if (path !== null) parts.push(path);
    literal = "";
  }
  return joined(parts, literal + text.slice(from));
}

function unclosed(text: string, place: Place, problems: Problems): Template {
  problems.add(
    place,
    `a template begins with ${OPEN} and does not end: expected }} behind its path; write ${ESCAPED} for the text ${OPEN}.`,
  );
  return { kind: "literal", value: text };
}

function joined(parts: readonly (string | TemplatePath)[], end: string): Template {
  const [first] = parts;
  if (first === undefined) return { kind: "literal", value: end };
  if (parts.length === 1 && end === "" && typeof first !== "string") return { kind: "value", path: first };
  return { kind: "text", parts: end === "" ? parts : [...parts, end] };
}

function readPath(text: string, place: Place, problems: Problems): TemplatePath | null {
  const name = ROOT.exec(text)?.[0];
  const keys = name === undefined ? null : readKeys(text, name.length);
  if (name === undefined || keys === null) {
    problems.add(place, `the template ${quoted(text)} is no path: ${GRAMMAR}.`);
    return null;
  }
  const root = TEMPLATE_ROOTS.find((known) => known === name);
  if (root === undefined) {
    problems.add(place, `the template ${quoted(text)} begins with ${quoted(name)}: ${expectedNames(name, TEMPLATE_ROOTS)}`);
    return null;
  }
  if (root !== "steps") return { text, root, step: null, keys };
  const [step, output, ...rest] = keys;
  if (typeof step === "string" && output === "output") return { text, root, step, keys: rest };
  problems.add(place, `the template ${quoted(text)} names no output: expected steps.<id>.output, and what is meant of it behind that.`);
  return null;
}

/** The keys behind the root, or `null` if something else stands there. */
function readKeys(text: string, from: number): readonly (string | number)[] | null {
  const keys: (string | number)[] = [];
  let at = from;
  while (at < text.length) {
    KEY.lastIndex = at;
    const match = KEY.exec(text);
    if (match === null) return null;
    const [all, name, index, quotedName] = match;
    keys.push(index === undefined ? ((name ?? quotedName) as string) : Number(index));
    at += all.length;
  }
  return keys;
}

function isLiteral(template: Template): boolean {
  if (template.kind === "list") return template.items.every(isLiteral);
  if (template.kind === "record") return [...template.fields.values()].every(isLiteral);
  return template.kind === "literal";
}

/** The value of a template without paths. */
function plainValueOf(template: Template): unknown {
  if (template.kind === "list") return template.items.map(plainValueOf);
  if (template.kind === "record") return Object.fromEntries(Array.from(template.fields, ([key, field]) => [key, plainValueOf(field)]));
  return template.kind === "literal" ? template.value : undefined;
}

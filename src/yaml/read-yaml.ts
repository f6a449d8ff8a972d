import type { CST, Document, Node, YAMLError } from "yaml";
import { plainText } from "../core/render-labels.js";
import type { Located, Place } from "./located.js";
import { NodeReader } from "./node-reader.js";
import type { Problems } from "./problems.js";
import { yaml } from "./yaml-package.js";

/** How long a text may be, in characters. */
export const TEXT_LIMIT = 256 * 1024;
/** How deep maps and lists may be nested. */
const NESTING_LIMIT = 32;
const SYNTAX_ERRORS_SHOWN = 10;
const START: Place = { line: 1, column: 1 };

/**
 * Reads a YAML text of one document, as the core schema of version 1.2 has it: maps with text keys, lists, texts, numbers, flags and
 * nothing. Anchors, aliases, tags, merge keys and directives are problems, and so is what is too long or too deep. `null`: it cannot be read.
 */
export function readYaml(text: string, problems: Problems): Located | null {
  if (text.length > TEXT_LIMIT) {
    problems.add(START, `the text is ${text.length} characters long: expected at most ${TEXT_LIMIT}; make several pipelines of it.`);
    return null;
  }
  const lines = new yaml.LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const tokens = [...new yaml.Parser(lines.addNewLine).parse(text)];
  // The composer calls itself for each level, and cannot be trusted with very many.
  const deep = tooDeep(tokens);
  if (deep !== null) {
    problems.add(placeAt(deep), `maps and lists are nested more than ${NESTING_LIMIT} deep: expected fewer levels; make it flatter.`);
    return null;
  }
  const documents = composed(tokens, text.length);
  const document = single(documents, tokens, placeAt, problems);
  return document === null ? null : new NodeReader(placeAt, problems).read(document.contents as Node | null);
}

function composed(tokens: readonly CST.Token[], length: number): readonly Document.Parsed[] {
  const composer = new yaml.Composer({
    ...{ version: "1.2", schema: "core", merge: false, strict: true, uniqueKeys: false, stringKeys: false },
    ...{ resolveKnownTags: false, customTags: [], prettyErrors: false, logLevel: "silent" },
  });
  return [...composer.compose(tokens, true, length)];
}

function single(
  documents: readonly Document.Parsed[],
  tokens: readonly CST.Token[],
  placeAt: (offset: number) => Place,
  problems: Problems,
): Document.Parsed | null {
  const [document, second] = documents;
  for (const token of tokens)
    if (token.type === "directive") problems.add(placeAt(token.offset), "a directive (%) stands here: expected none; remove the line.");
  if (second !== undefined)
    problems.add(placeAt(second.range[0]), "a second document begins here: expected one in a text; make a file of its own of it.");
  const errors: readonly YAMLError[] = documents.flatMap((one) => one.errors);
  for (const { message, pos } of errors.slice(0, SYNTAX_ERRORS_SHOWN)) {
    problems.add(placeAt(pos[0]), `this is no YAML that can be read: ${plainText(message).slice(0, 200)}.`);
  }
  if (problems.isEmpty) return document ?? null;
  return null;
}

/** Where a token stands that is nested too deep, or `null`. Keeps its own stack: the text may be hostile. */
function tooDeep(tokens: readonly CST.Token[]): number | null {
  const rest: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { token, depth } = next;
    if (depth > NESTING_LIMIT) return token.offset;
    if (token.type === "document" && token.value !== undefined) rest.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    for (const { key, value } of token.items as readonly CST.CollectionItem[]) {
      if (key !== undefined && key !== null) rest.push({ token: key, depth: depth + 1 });
      if (value !== undefined) rest.push({ token: value, depth: depth + 1 });
    }
  }
  return null;
}

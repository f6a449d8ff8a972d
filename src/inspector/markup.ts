import { plainText } from "../core/render-labels.js";

/** Text that is markup already: what `tag` makes, and constants of this library. Everything else is escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Child = Markup | string | number | null | readonly Child[];
export type Attributes = Readonly<Record<string, string | number | null>>;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/** A text that nothing takes for markup, in SVG and HTML, between tags and in quotes; control and direction characters become spaces. */
const escaped = (text: string): string => plainText(text).replace(/[&<>"']/g, (char) => ENTITIES.get(char) as string);

/** An element. Attributes that are `null` are left out; texts are escaped. Names are never data. */
export function tag(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const written = Object.entries(attributes).map(([key, value]) => (value === null ? "" : ` ${key}="${attributeText(value)}"`));
  return new Markup(`<${name}${written.join("")}>${contentOf(children)}</${name}>`);
}

/** What stands between two tags. */
export function contentOf(child: Child): string {
  if (child === null) return "";
  if (child instanceof Markup) return child.text;
  return typeof child === "object" ? child.map(contentOf).join("") : escaped(String(child));
}

const attributeText = (value: string | number): string => (typeof value === "number" ? String(rounded(value)) : escaped(value));

/** Coordinates to a tenth: a picture is the same on every machine, and short. */
export const rounded = (value: number): number => Math.round(value * 10) / 10;

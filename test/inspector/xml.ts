/** An element of a picture, as a strict reader sees it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly in it. */
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const TOKEN = /<(\/?)([a-zA-Z]+)((?:\s+[a-zA-Z0-9:-]+="[^"<]*")*)>|([^<]+)/gy;
const ENTITY = /&(amp|lt|gt|quot|#39);/g;
const CHARS: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** Reads a document of elements and texts only; throws for anything else, and for what is not well-formed. */
export function readXml(source: string): XmlElement {
  const top: Open = { name: "", attributes: new Map(), children: [], text: "" };
  const open: Open[] = [top];
  let end = 0;
  for (const { 0: token, 1: closing, 2: name, 3: written, 4: text, index } of source.matchAll(TOKEN)) {
    if (index !== end) throw new SyntaxError(`not well-formed at ${index}: ${source.slice(index, index + 60)}`);
    end = index + token.length;
    const current = open.at(-1) as Open;
    if (text !== undefined) current.text += plain(text);
    else if (closing === "/") {
      if (open.length === 1 || current.name !== name) throw new SyntaxError(`</${name}> closes <${current.name}>`);
      open.pop();
      open.at(-1)?.children.push(current);
    } else open.push({ name: name as string, attributes: attributesOf(written ?? ""), children: [], text: "" });
  }
  const [root] = top.children;
  if (end !== source.length || open.length > 1 || root === undefined || top.children.length > 1)
    throw new SyntaxError("not one whole element");
  return root;
}

/** The element and all below it. */
export function* within(element: XmlElement): IterableIterator<XmlElement> {
  yield element;
  for (const child of element.children) yield* within(child);
}

/** The texts that a picture shows, without its titles. */
export const textsIn = (svg: string): string[] => [...within(readXml(svg))].filter(({ name }) => name === "text").map(({ text }) => text);

/** What is told to those who point at a part of a picture. */
export const titlesIn = (svg: string): string[] => [...within(readXml(svg))].filter(({ name }) => name === "title").map(({ text }) => text);

function attributesOf(written: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of written.matchAll(/([a-zA-Z0-9:-]+)="([^"]*)"/g)) {
    if (attributes.has(name)) throw new SyntaxError(`attribute ${name} twice`);
    attributes.set(name, plain(value));
  }
  return attributes;
}

function plain(text: string): string {
  if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(text)) throw new SyntaxError(`a bare & in ${text}`);
  return text.replace(ENTITY, (_, name: string) => CHARS[name] as string);
}

/** A picture for a snapshot: a line for each element, without the style that all have. */
export const readable = (svg: string): string => svg.replace(/<style>.*<\/style>/s, "").replaceAll("><", ">\n<");

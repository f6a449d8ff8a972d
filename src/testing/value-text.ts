const LONGEST_TEXT = 200;
const MOST_ITEMS = 20;
const DEEPEST = 6;

/** A value on one line, for people: the same text on every machine, cut where it is long, deep or has many items. */
export function valueText(value: unknown, depth = 0): string {
  if (typeof value === "string") return textText(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Date) return `Date(${Number.isNaN(value.getTime()) ? "invalid" : value.toISOString()})`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (depth === DEEPEST) return "...";
  return partsText(value, (part) => valueText(part, depth + 1));
}

const textText = (text: string): string =>
  text.length <= LONGEST_TEXT ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, LONGEST_TEXT))}... (${text.length} characters)`;

function partsText(value: object, show: (part: unknown) => string): string {
  if (Array.isArray(value)) return `[${listed(value, show)}]`;
  const name = value.constructor?.name ?? "Object";
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `${name} [${listed(Array.from(value as unknown as ArrayLike<unknown>), show)}]`;
  }
  if (value instanceof Set) return `Set {${listed([...value], show)}}`;
  if (value instanceof Map) return `Map {${listed([...value], ([key, item]) => `${show(key)} => ${show(item)}`)}}`;
  const fields = listed(
    Object.entries(value),
    ([key, item]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${show(item)}`,
  );
  return `${name === "Object" ? "" : `${name} `}${fields === "" ? "{}" : `{ ${fields} }`}`;
}

function listed<Item>(items: readonly Item[], show: (item: Item) => string): string {
  const shown = items.slice(0, MOST_ITEMS).map(show);
  return [...shown, ...(items.length > MOST_ITEMS ? [`... ${items.length - MOST_ITEMS} more`] : [])].join(", ");
}

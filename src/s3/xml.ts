/** What a page of a listing tells. */
export interface ListPage {
  readonly keys: readonly string[];
  /** What stands before the delimiter, with it. */
  readonly prefixes: readonly string[];
  /** Where the next page starts, or `null` after the last one. */
  readonly next: string | null;
}

/**
 * Reads an answer to ListObjectsV2; `null` if it is none, or ends too early. Only the few fields that are needed are looked at, as text: there are no entities but those of
 * characters, and a name that cannot be decoded is left out.
 */
export function parseListPage(xml: string): ListPage | null {
  if (!xml.includes("<ListBucketResult") || !xml.includes("</ListBucketResult>")) return null;
  const isEncoded = firstText(xml, "EncodingType") === "url";
  const names = (block: string, field: string): string[] =>
    blocksOf(xml, block).flatMap((text) => {
      const name = firstText(text, field);
      const decoded = name !== null && isEncoded ? decodedName(name) : name;
      return decoded === null ? [] : [decoded];
    });
  const isTruncated = firstText(xml, "IsTruncated") === "true";
  const next = isTruncated ? firstText(xml, "NextContinuationToken") : null;
  if (isTruncated && !next) return null;
  return { keys: names("Contents", "Key"), prefixes: names("CommonPrefixes", "Prefix"), next };
}

/** The code of an error, as `NoSuchBucket`, or `null`. */
export function parseErrorCode(xml: string): string | null {
  const code = firstText(xml, "Code");
  return code !== null && /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : null;
}

/** The content of each element of a name. The names asked for never lie within themselves. */
function blocksOf(xml: string, name: string): string[] {
  const blocks: string[] = [];
  const [open, close] = [`<${name}>`, `</${name}>`];
  for (let from = xml.indexOf(open); from >= 0; from = xml.indexOf(open, from)) {
    const end = xml.indexOf(close, from);
    if (end < 0) break;
    blocks.push(xml.slice(from + open.length, end));
    from = end + close.length;
  }
  return blocks;
}

/** The text of the first element of a name, or `null`. */
function firstText(xml: string, name: string): string | null {
  const from = xml.indexOf(`<${name}>`);
  const end = xml.indexOf(`</${name}>`, from);
  return from < 0 || end < 0 ? null : unescaped(xml.slice(from + name.length + 2, end));
}

const CHARACTERS = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** In one pass: what comes out of it is not looked at again. */
const unescaped = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]{2,4}));/gi, (whole, hex, decimal, name) =>
    name === undefined
      ? (character(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)) ?? whole)
      : (CHARACTERS.get(name) ?? whole),
  );

const character = (code: number): string | null => (code <= 0x10ffff ? String.fromCodePoint(code) : null);

function decodedName(name: string): string | null {
  try {
    return decodeURIComponent(name.replaceAll("+", "%20"));
  } catch {
    return null;
  }
}

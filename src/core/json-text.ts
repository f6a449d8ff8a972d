/** JSON with the texts of stored values put in, each under its name. */
export function withTexts(plain: object, texts: Readonly<Record<string, string>>): string {
  const extra = Object.entries(texts).map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  return extra.length === 0 ? JSON.stringify(plain) : `${JSON.stringify(plain).slice(0, -1)},${extra.join(",")}}`;
}

/** A time of a checkpoint for people: UTC, without what nobody reads. */
export const timeText = (iso: string): string => iso.replace("T", " ").replace(/(\.\d+)?Z$/, "Z");

/** Bytes for people. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [unit, size] = bytes < 1_048_576 ? ["KiB", 1024] : ["MiB", 1_048_576];
  return `${(bytes / (size as number)).toFixed(1)} ${unit}`;
}

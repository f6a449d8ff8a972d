const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds as people say them: `0.4 ms`, `1.25 s`, `3 min 20 s`. */
export function durationText(ms: number): string {
  if (ms < SECOND) return `${significant(ms, 3)} ms`;
  if (ms < MINUTE) return `${significant(ms / SECOND, 3)} s`;
  if (ms < HOUR) return inTwo(ms, MINUTE, "min", SECOND, "s");
  return ms < DAY ? inTwo(ms, HOUR, "h", MINUTE, "min") : inTwo(ms, DAY, "d", HOUR, "h");
}

function inTwo(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const smalls = Math.round(ms / small);
  const per = large / small;
  const rest = smalls % per;
  return `${Math.floor(smalls / per)} ${largeName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}

/** A count with commas: `12,345`. */
export const countText = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** A count with its noun: `1 task`, `2 tasks`. */
export const counted = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;

/** A number in few characters: `0.0312`, `12,500`, `3.2e-9`. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7))
    return value
      .toExponential(2)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  if (Number.isInteger(value)) return value < 0 ? `-${countText(size)}` : countText(value);
  return significant(value, 4);
}

/** Bytes as `512 B`, `3.4 kB`, `12 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1e6) return `${significant(bytes / 1e3, 3)} kB`;
  return bytes < 1e9 ? `${significant(bytes / 1e6, 3)} MB` : `${significant(bytes / 1e9, 3)} GB`;
}

/** A moment as `2026-11-21 19:30:24 UTC`. */
export function momentText(moment: number | string): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? "an unknown time" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

const significant = (value: number, digits: number): string => String(Number(value.toPrecision(digits)));

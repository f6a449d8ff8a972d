import { checkedOptions, optionError } from "../authoring/option-checks.js";
import { CairnError } from "../core/errors.js";
import { plainText } from "../core/render-labels.js";
import { COVERAGE_PARTS, type CoverageItem, type CoveragePart } from "./coverage-model.js";

/** How much of one part was seen. */
export interface PartCoverage {
  readonly seen: number;
  readonly total: number;
  /** From 0 to 1; 1 of nothing. */
  readonly ratio: number;
  readonly missing: readonly CoverageItem[];
}

/** What a set of runs did of all that a workflow can do. */
export interface CoverageReport {
  readonly workflow: string;
  /** Runs that were listened to, from their start or from a resume. */
  readonly runs: number;
  readonly parts: Readonly<Record<CoveragePart, PartCoverage>>;
  /** All that was never seen. */
  readonly missing: readonly CoverageItem[];
  /** A table, and what was never seen. */
  toText(): string;
  toString(): string;
}

/** The least share, from 0 to 1, of each part that must have been seen. */
export type CoverageMinimum = Readonly<Partial<Record<CoveragePart, number>>>;

/** Runs did less of what a workflow can do than was asked for; `missing` names what. */
export class CoverageError extends CairnError {
  readonly code = "COVERAGE";
  constructor(
    message: string,
    readonly missing: readonly CoverageItem[],
  ) {
    super(message);
  }
}

/** Compares what was seen with what there is. */
export function coverageReport(
  workflow: string,
  runs: number,
  model: ReadonlySet<CoverageItem>,
  seen: ReadonlySet<CoverageItem>,
): CoverageReport {
  const parts = Object.fromEntries(COVERAGE_PARTS.map((part) => [part, partCoverage(part, model, seen)])) as CoverageReport["parts"];
  const facts = { workflow, runs, parts, missing: COVERAGE_PARTS.flatMap((part) => parts[part].missing) };
  const toText = (): string => reportText(facts);
  return { ...facts, toText, toString: toText };
}

/** Throws `CoverageError` if a part was seen less than it must be, `InvalidOptionError` for a minimum that is none. */
export function assertCoverage(report: CoverageReport, minimum: CoverageMinimum): void {
  const asked = Object.entries(checkedOptions<CoverageMinimum>(minimum, COVERAGE_PARTS, "coverage.assert")) as [CoveragePart, number][];
  for (const [part, least] of asked) {
    if (!(typeof least === "number" && least >= 0 && least <= 1))
      throw optionError(`option ${part} of coverage.assert`, least, "a number from 0 to 1");
  }
  const short = asked.filter(([part, least]) => report.parts[part].ratio < least);
  if (short.length === 0) return;
  const missing = short.flatMap(([part]) => report.parts[part].missing);
  const found = short.map(([part, least]) => `${part} ${percent(report.parts[part].ratio)} (expected ${percent(least)})`).join(", ");
  throw new CoverageError(
    `runs of ${plainText(report.workflow)} cover too little: found ${found}; never seen: ${missing.map(plainText).join("; ")}; add runs that do this, or lower the minimum.`,
    missing,
  );
}

function partCoverage(part: CoveragePart, model: ReadonlySet<CoverageItem>, seen: ReadonlySet<CoverageItem>): PartCoverage {
  const items = [...model].filter((item) => item.startsWith(`${part}: `));
  const missing = items.filter((item) => !seen.has(item));
  const [total, found] = [items.length, items.length - missing.length];
  return { seen: found, total, ratio: total === 0 ? 1 : found / total, missing };
}

function reportText({ workflow, runs, parts, missing }: Omit<CoverageReport, "toText" | "toString">): string {
  const rows = COVERAGE_PARTS.map((part) => [part, `${parts[part].seen}/${parts[part].total}`, percent(parts[part].ratio)] as const);
  const wide = Math.max(...rows.map(([, counts]) => counts.length));
  const lines = [
    `coverage of ${workflow} by ${runs} ${runs === 1 ? "run" : "runs"}`,
    ...rows.map(([part, counts, share]) => `  ${part.padEnd(11)}  ${counts.padStart(wide)}  ${share.padStart(6)}`),
    ...(missing.length === 0 ? [] : ["never seen:", ...missing.map((item) => `  ${item}`)]),
  ];
  return `${lines.map(plainText).join("\n")}\n`;
}

/** Never rounded up to what was not reached. */
const percent = (ratio: number): string => `${Math.floor(ratio * 1_000) / 10} %`;

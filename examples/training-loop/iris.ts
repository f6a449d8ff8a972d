import { readFile } from "node:fs/promises";
import { type Row, shuffled } from "./softmax.js";

export const SPECIES = ["setosa", "versicolor", "virginica"] as const;
export const FEATURES = 4;

/** The rows to learn from, to choose by, and to judge by. */
export interface Split {
  readonly train: readonly Row[];
  readonly validation: readonly Row[];
  readonly test: readonly Row[];
}

/** The 150 rows of iris.csv. */
export async function irisRows(): Promise<Row[]> {
  const text = await readFile(new URL("./iris.csv", import.meta.url), "utf8");
  const [, ...lines] = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [species, ...features] = line.split(",").reverse();
    return { features: features.reverse().map(Number), label: SPECIES.indexOf(species as (typeof SPECIES)[number]) };
  });
}

/** Three fifths, one fifth and one fifth of each species, the features scaled by what the first part shows. */
export function split(rows: readonly Row[], random: () => number): Split {
  const parts = { train: [] as Row[], validation: [] as Row[], test: [] as Row[] };
  for (const label of SPECIES.keys()) {
    const mixed = shuffled(
      rows.filter((row) => row.label === label),
      random,
    );
    const fifth = mixed.length / 5;
    parts.train.push(...mixed.slice(0, 3 * fifth));
    parts.validation.push(...mixed.slice(3 * fifth, 4 * fifth));
    parts.test.push(...mixed.slice(4 * fifth));
  }
  const scale = scaling(parts.train);
  return { train: parts.train.map(scale), validation: parts.validation.map(scale), test: parts.test.map(scale) };
}

/** Brings every feature to mean 0 and deviation 1, as seen in `rows`. */
function scaling(rows: readonly Row[]): (row: Row) => Row {
  const columns = Array.from({ length: FEATURES }, (_, at) => rows.map((row) => row.features[at] as number));
  const scales = columns.map((column) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
    return { mean, deviation: Math.sqrt(variance) };
  });
  return ({ features, label }) => ({
    features: scales.map(({ mean, deviation }, at) => ((features[at] as number) - mean) / deviation),
    label,
  });
}

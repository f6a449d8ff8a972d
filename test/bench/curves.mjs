import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { inChild } from "./cells.mjs";
import { exponent, short } from "./statistics.mjs";

const tens = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));

/** What is looked at: `cost` (in `curve.mjs`, by `name`) against a size that grows. */
const CURVES = [
  { name: "pending", cost: "us per step", against: "pending tasks", sizes: tens(1, 6) },
  { name: "history", cost: "us per step", against: "steps before it", sizes: tens(3, 6) },
  { name: "keys", cost: "us per step that sets a key", against: "keys in the channel", sizes: tens(1, 6) },
  { name: "listeners", cost: "us per step", against: "listeners of `taskCompleted`", sizes: tens(0, 3) },
  { name: "each", cost: "us per member", against: "members of `each`", sizes: tens(1, 6) },
  { name: "parallel", cost: "us per member", against: "members of `parallel`", sizes: tens(1, 5) },
  { name: "checkpointPending", cost: "ms per checkpoint", against: "pending tasks", sizes: tens(1, 5) },
  { name: "checkpointHistory", cost: "ms per checkpoint", against: "checkpoints before it", sizes: tens(1, 3) },
  { name: "checkpointState", cost: "ms per checkpoint of which 1 KB is new", against: "KB of state", sizes: tens(1, 4) },
  { name: "resumePending", cost: "ms per resume", against: "pending tasks", sizes: tens(1, 5) },
  { name: "resumeState", cost: "ms per resume", against: "KB of state", sizes: tens(1, 4) },
];

/** Measures every point of every curve in a process of its own. */
export async function measureCurves(settings, say) {
  const curves = [];
  for (const { name, cost, against, sizes } of CURVES) {
    const points = [];
    for (const size of settings.quick ? sizes.slice(0, -1) : sizes) points.push({ size, cost: await measurePoint(name, size, settings) });
    const slope = exponent(points);
    say(`${cost} against ${against}: ${points.map((point) => short(point.cost)).join(", ")}; exponent ${slope.toFixed(2)}`);
    curves.push({ cost, against, points, slope });
  }
  return curves;
}

async function measurePoint(curve, size, settings) {
  const dir = mkdtempSync(join(settings.dir, "curve-"));
  const { value, error } = await inChild("curve.mjs", { ...settings, curve, size, dir });
  if (error !== undefined) throw new Error(`${curve} at ${size}: ${error}`);
  return value;
}

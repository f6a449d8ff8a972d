import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { short } from "./statistics.mjs";
import { targetText } from "./workloads.mjs";

/** What the figures were measured on. More load than its own shows that others were at work. */
export function machineLine() {
  const [{ model }] = cpus();
  return `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores of ${model.trim()}, load ${loadavg()[0].toFixed(1)} at the start.`;
}

/** The table of all workloads. */
export function table(rows, machine) {
  const own = Object.fromEntries(rows.map(({ workload, cells }) => [workload.id, cells.get("cairnflow")]));
  const lines = rows.map((row) => line(row, own));
  const head = ["workload", "cairnflow", "beside it, in the same run", "targets", "reached"];
  return [machine, "", markdown([head, head.map(() => "---"), ...lines])].join("\n");
}

function line({ workload, cells }, others) {
  const { id, title, unit, floors: names, targets } = workload;
  const own = cells.get("cairnflow");
  const beside = [...cells].filter(([name]) => name !== "cairnflow");
  if (own.error !== undefined) return [`${id}: ${title}`, own.error.split("\n")[0], "-", "-", "**no**"];
  const floors = Object.fromEntries(beside.filter(([name, { error }]) => names.includes(name) && error === undefined));
  const found = targets({ own, floors, others });
  return [
    `${id}: ${title}`,
    `${short(own.value)} ${unit}${details(own)}`,
    beside.map(([name, cell]) => `${name} ${ratio(own, cell)}`).join("; ") || "-",
    found.map(targetText).join("; "),
    found.every(({ reached }) => reached) ? "yes" : "**no**",
  ];
}

const ratio = (own, { value, error }) => (error === undefined ? `${short(value)} (x ${short(own.value / value)})` : "failed");

function details({ first, bytes, files, early, late, gzip }) {
  if (first !== undefined) return ` (${short(first)} at the start)`;
  if (files !== undefined) return `, ${short(bytes)} bytes in ${short(files)} files each (${short(early)} early, ${short(late)} late)`;
  if (bytes !== undefined) return ` from ${short(bytes)} bytes`;
  return gzip === undefined ? "" : `, ${short(gzip)} bytes of gzip`;
}

/** The table of all curves. */
export function curvesTable(curves, machine) {
  const head = ["cost", "against", "points", "exponent"];
  const lines = curves.map(({ cost, against, points, slope }) => [
    cost,
    against,
    points.map((point) => `${point.size.toLocaleString("en-US")}: ${short(point.cost)}`).join("; "),
    slope.toFixed(2),
  ]);
  return [machine, "", markdown([head, head.map(() => "---"), ...lines])].join("\n");
}

export const markdown = (rows) => rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Replaces what stands between the marks of this name in a file. */
export function writeBetween(path, name, text) {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const before = readFileSync(path, "utf8");
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no marks ${begin} and ${end}: put them where the table belongs.`);
  writeFileSync(path, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`);
}

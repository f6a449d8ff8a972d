import { quoted } from "../core/ids.js";
import type { Problems } from "./problems.js";
import { branchesOf, type StepSpec } from "./step-spec.js";

/** A step, and where it belongs. */
export interface IndexedStep {
  readonly step: StepSpec;
  /** The group it is written in; `null` at the top level. */
  readonly group: IndexedStep | null;
  /** The steps before it in its branch. */
  readonly before: readonly StepSpec[];
  /** Whether it runs once for each item, at any depth: such a step has no result by its own name. */
  readonly isRepeated: boolean;
}

/** The steps of a pipeline by id. Ids that are used twice are problems. */
export function indexSteps(steps: readonly StepSpec[], problems: Problems): ReadonlyMap<string, IndexedStep> {
  const index = new Map<string, IndexedStep>();
  const add = (step: StepSpec, group: IndexedStep | null, before: readonly StepSpec[]): void => {
    const known = index.get(step.id);
    if (known !== undefined) {
      const { line } = known.step.place;
      problems.add(step.place, `step ${quoted(step.id)} has the id of the one in line ${line}: expected one of its own; rename one.`);
      return;
    }
    const indexed = { step, group, before, isRepeated: group !== null && (group.step.kind === "each" || group.isRepeated) };
    index.set(step.id, indexed);
    for (const branch of branchesOf(step)) branch.forEach((inner, at) => void add(inner, indexed, branch.slice(0, at)));
  };
  for (const step of steps) add(step, null, []);
  return index;
}

/** Whether a step has always ended when another one begins, as far as the text tells. */
export function comesBefore(index: ReadonlyMap<string, IndexedStep>, first: string, then: IndexedStep): boolean {
  const found = new Set<string>();
  for (let at: IndexedStep | null = then; at !== null; at = at.group) {
    for (const step of at.before) found.add(step.id);
    addNeeds(index, at.step, found);
  }
  for (let at = index.get(first) ?? null; at !== null; at = at.group) if (found.has(at.step.id)) return true;
  return false;
}

/** Adds all that a step of the top level waits for. */
function addNeeds(index: ReadonlyMap<string, IndexedStep>, step: StepSpec, found: Set<string>): void {
  const rest = [step];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const { text } of next.needs) {
      const needed = index.get(text)?.step;
      if (needed === undefined || found.has(text)) continue;
      found.add(text);
      rest.push(needed);
    }
  }
}

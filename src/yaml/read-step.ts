import { checkedCount } from "../authoring/option-checks.js";
import type { GroupPolicy } from "../core/group-policy.js";
import { checkedNodeName, quoted } from "../core/ids.js";
import { Fields, listOf, textOf, tried } from "./fields.js";
import { describe, type Located, plainValue } from "./located.js";
import type { Problems } from "./problems.js";
import { readSettings, SETTING_FIELDS } from "./read-settings.js";
import { readTemplate } from "./read-template.js";
import type { Name, Parameters, StepSpec } from "./step-spec.js";

const NEEDS = ["needs", "dependencies"];
const TASK_FIELDS = ["id", ...NEEDS, "task", "parameters", ...SETTING_FIELDS];
const GROUP_FIELDS = ["policy", "concurrency"];
const PARALLEL_FIELDS = ["id", ...NEEDS, "parallel", ...GROUP_FIELDS];
const EACH_FIELDS = ["id", ...NEEDS, "each", "items", ...GROUP_FIELDS];
/** Without dots: ids with dots are those of the tasks that a pipeline adds itself. */
const STEP_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,119}$/;

/** Reads steps, those within groups included. */
export class StepReader {
  constructor(private readonly problems: Problems) {}

  /** `null`: it cannot be said what the step is. */
  read(node: Located, inGroup: boolean): StepSpec | null {
    const kind = kindOf(node);
    const known = kind === "task" ? TASK_FIELDS : kind === "parallel" ? PARALLEL_FIELDS : EACH_FIELDS;
    const fields = Fields.read(node, known, "a step", this.problems);
    const id = fields === null ? null : this.#id(fields);
    if (fields === null || id === null) return null;
    const base = { id, place: node.place, needs: this.#needs(fields, id, inGroup) };
    if (kind === "task") return this.#task(base, fields);
    const group = { ...base, ...this.#group(fields, id) };
    const content = fields.get(kind) as Located;
    if (kind === "each")
      return { ...group, kind, steps: this.#branch(content, `each of step ${quoted(id)}`), items: this.#template(fields, "items") };
    const branches = listOf(content, `parallel of step ${quoted(id)}`, this.problems) ?? [];
    return { ...group, kind, branches: branches.map((branch) => this.#branch(branch, `a branch of step ${quoted(id)}`)) };
  }

  #task(base: Pick<StepSpec, "id" | "place" | "needs">, fields: Fields): StepSpec | null {
    const node = fields.get("task");
    if (node === null) {
      this.problems.add(
        base.place,
        `step ${quoted(base.id)} has no task: expected task: and the name of one, or parallel: or each: with steps.`,
      );
      return null;
    }
    const text = textOf(node, `task of step ${quoted(base.id)}`, this.problems);
    if (text === null) return null;
    const settings = readSettings(fields, base.id, this.problems);
    return { ...base, kind: "task", task: { text, place: node.place }, parameters: this.#template(fields, "parameters"), settings };
  }

  #id(fields: Fields): string | null {
    const node = fields.get("id");
    if (node === null) this.problems.add(fields.place, "a step has no id: expected one, such as id: load.");
    const text = node === null ? null : textOf(node, "id of a step", this.problems);
    if (node === null || text === null) return null;
    if (STEP_ID.test(text)) return tried(() => checkedNodeName(text, "id of a step"), node.place, this.problems);
    this.problems.add(node.place, `id of a step is ${quoted(text)}: expected 1 to 120 of A-Z a-z 0-9 _ - starting with a letter or digit.`);
    return null;
  }

  #needs(fields: Fields, id: string, inGroup: boolean): readonly Name[] {
    const [needs, dependencies] = NEEDS.map((name) => fields.get(name));
    const node = needs ?? dependencies ?? null;
    if (node === null) return [];
    if (needs && dependencies)
      this.problems.add(
        dependencies.place,
        `step ${quoted(id)} has needs and dependencies, which mean the same: expected one; remove the other.`,
      );
    if (inGroup) {
      this.problems.add(
        node.place,
        `step ${quoted(id)} of a group has needs: expected none, as the steps of a branch follow each other in its list; order them there.`,
      );
      return [];
    }
    const what = `needs of step ${quoted(id)}`;
    return (node.kind === "list" ? node.items : [node]).flatMap((item) => {
      const text = textOf(item, what, this.problems);
      return text === null ? [] : [{ text, place: item.place }];
    });
  }

  #branch(node: Located, what: string): readonly StepSpec[] {
    if (node.kind === "list" && node.items.length === 0)
      this.problems.add(node.place, `${what} is an empty list: expected at least one step.`);
    const items = node.kind === "list" ? node.items : [node];
    return items.flatMap((item) => this.read(item, true) ?? []);
  }

  #template(fields: Fields, name: string): Parameters | null {
    const node = fields.get(name);
    return node === null ? null : { template: readTemplate(node, this.problems), place: node.place };
  }

  #group(fields: Fields, id: string) {
    const policy = fields.get("policy");
    const concurrency = fields.get("concurrency");
    const what = `concurrency of step ${quoted(id)}`;
    return {
      policy: { value: policy === null ? ("strict" as const) : this.#policy(policy), place: policy?.place ?? fields.place },
      concurrency: concurrency === null ? null : tried(() => checkedCount(plainValue(concurrency), what), concurrency.place, this.problems),
    };
  }

  #policy(node: Located): GroupPolicy {
    const value = plainValue(node);
    if (value === "strict" || value === "bestEffort") return value;
    if (node.kind === "map" && node.entries.size === 1) {
      const { atLeast, critical } = value as Readonly<Record<string, unknown>>;
      if (typeof atLeast === "number") return { kind: "atLeast", count: atLeast };
      if (Array.isArray(critical)) return { kind: "critical", ids: critical as string[] };
    }
    this.problems.add(node.place, `policy is ${describe(node)}: expected strict, bestEffort, { atLeast: 2 } or { critical: [id, ...] }.`);
    return "strict";
  }
}

function kindOf(node: Located): "task" | "parallel" | "each" {
  if (node.kind !== "map" || node.entries.has("task")) return "task";
  return node.entries.has("parallel") ? "parallel" : node.entries.has("each") ? "each" : "task";
}

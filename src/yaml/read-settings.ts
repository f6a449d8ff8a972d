import { checkedSettings } from "../authoring/task-settings.js";
import { quoted } from "../core/ids.js";
import type { TaskSettings } from "../core/task.js";
import { Fields, flagOf, tried } from "./fields.js";
import { type Located, plainValue } from "./located.js";
import type { Problems } from "./problems.js";

/** The options of a task that a text may set, and the setting that each becomes. */
const SETTINGS = {
  retry: "retry",
  timeout: "timeoutMs",
  maxCycles: "maxCycles",
  critical: "critical",
  checkpoint: "checkpoint",
  tags: "tags",
  handler: "handler",
  join: "join",
  formerly: "formerly",
} as const satisfies Readonly<Record<string, keyof TaskSettings>>;

/** The fields of a step that say how its task is run. */
export const SETTING_FIELDS: readonly string[] = [...Object.keys(SETTINGS), "resume"];

/** The settings that a step gives in place of its task's own. They are checked as the options of `task` are. */
export function readSettings(fields: Fields, step: string, problems: Problems): Partial<TaskSettings> {
  const settings = Object.entries(SETTINGS).flatMap(([option, setting]) => {
    const node = fields.get(option);
    const checked = node === null ? null : tried(() => checkedOption(option, node, step), node.place, problems);
    return checked === null ? [] : [[setting, checked[setting]]];
  });
  return { ...Object.fromEntries(settings), ...readResume(fields.get("resume"), step, problems) };
}

function checkedOption(option: string, node: Located, step: string): TaskSettings {
  return checkedSettings({ [option]: plainValue(node) }, `step ${quoted(step)}`);
}

function readResume(node: Located | null, step: string, problems: Problems): Partial<TaskSettings> {
  const what = `resume of step ${quoted(step)}`;
  const critical = node === null ? null : (Fields.read(node, ["critical"], what, problems)?.get("critical") ?? null);
  const flag = critical === null ? null : flagOf(critical, `critical in ${what}`, problems);
  return flag === null ? {} : { critical: flag };
}

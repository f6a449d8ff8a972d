import type { BoardActionName } from "../board-command.js";
import type { CommandDefinition, OptionDefinition, WordDefinition } from "../command.js";

const PLACE: readonly OptionDefinition[] = [
  {
    name: "board",
    value: "place",
    text: "where boards are: a folder, or redis://",
    env: "CAIRN_BOARD",
    config: "board",
    default: "./boards",
  },
  { name: "name", value: "board", text: "which board of its place", default: "main" },
];
const TASK: WordDefinition = { name: "task", text: "the id of a task" };
const AGENT: OptionDefinition = { name: "agent", value: "id", text: "who claims or has claimed the task" };
const TASK_JSON = "the task: `{ id, type, parent, status, data, metadata, result, agent, leaseUntil, claims, createdAt, finishedAt }`";

function define(
  name: BoardActionName,
  summary: string,
  rest: Pick<CommandDefinition, "examples"> & Partial<Pick<CommandDefinition, "words" | "options" | "prints" | "json">>,
): CommandDefinition {
  const { words = [], options = [], examples, prints = "the facts of the task", json = TASK_JSON } = rest;
  const load: CommandDefinition["load"] = async () => (await import("../board-command.js")).boardAction(name);
  return { name: `board ${name}`, summary, words, options: [...options, ...PLACE], examples, prints, json, load };
}

/** What can be done to a task board. */
export const board: readonly CommandDefinition[] = [
  define("list", "Lists tasks of a board, the oldest first.", {
    options: [
      { name: "status", value: "word", text: "only these", choices: ["pending", "claimed", "done", "failed", "cancelled"] },
      { name: "type", value: "type", text: "only tasks of this type" },
      { name: "after", value: "task", text: "begins behind this task" },
      { name: "limit", value: "n", text: "how many at most, up to 1000", default: "100" },
    ],
    examples: [["cairn board list --status pending", "what can be claimed"]],
    prints: "a table: id, type, status, agent, claims, when it was created",
    json: "`{ tasks: [...] }`, each as `cairn board show` writes it",
  }),
  define("show", "Shows a task of a board.", { words: [TASK], examples: [["cairn board show task-1", "with its data and result"]] }),
  define("summary", "Counts the tasks of a board.", {
    examples: [["cairn board summary --json", "by status, and by type"]],
    prints: "a table: type, and how many in each status",
    json: "`{ total, byStatus, byType }`",
  }),
  define("add", "Adds a task, which can be claimed from then on.", {
    words: [{ name: "type", text: "the type of the task" }],
    options: [
      { name: "data", value: "json", text: "what is to be done, as JSON, or @file.json" },
      { name: "id", value: "id", text: "the id of the task, which makes adding it again harmless; a fresh one unless given" },
      { name: "parent", value: "task", text: "the task that it belongs to" },
    ],
    examples: [[`cairn board add review --data '{"title": "Cairns"}'`, "says the id of the task"]],
    prints: "the id of the task",
  }),
  define("claim", "Gives an agent the oldest task that nobody has.", {
    options: [
      AGENT,
      { name: "type", value: "type", many: true, text: "only tasks of this type" },
      { name: "lease", value: "time", text: "after how long the task returns by itself", default: "24h" },
      { name: "wait", value: "time", text: "how long to wait for a task", default: "0s" },
    ],
    examples: [["cairn board claim --agent agent-7 --type review --wait 30s", "ends with 3 if there is none"]],
  }),
  define("complete", "Ends a task that an agent has claimed.", {
    words: [TASK],
    options: [
      AGENT,
      { name: "result", value: "json", text: "what came out of it, as JSON, or @file.json" },
      { name: "failed", text: "it has failed" },
    ],
    examples: [[`cairn board complete task-1 --agent agent-7 --result '"approved"'`, "it is done"]],
  }),
  define("release", "Lets go of a claimed task: it can be claimed again at once.", {
    words: [TASK],
    options: [AGENT],
    examples: [["cairn board release task-1 --agent agent-7", "for another agent"]],
  }),
  define("cancel", "Cancels a task and all below it.", {
    words: [TASK],
    examples: [["cairn board cancel task-1", "with its children"]],
    prints: "how many were cancelled",
    json: "`{ cancelled }`",
  }),
];

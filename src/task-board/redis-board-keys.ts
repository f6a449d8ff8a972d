import { NOW } from "../redis/owner-scripts.js";

/**
 * The keys of a board, in the order in which scripts take them:
 * - `tasks`: id -> what is known of a task, as JSON. `data`, `notes`, `results`: id -> texts.
 * - `order`: all ids by serial. `oldest`: those of pending tasks by serial. `pending`: the same by type and serial, as
 *   `<type>:<serial>:<id>`. `claimed`: those of claimed tasks by the end of their lease. `children`: `<parent>:<serial>:<id>`.
 * - `counts`: `<status>:<type>` -> how many. `info`: the last serial. `metadata`: that of the board.
 */
export const BOARD_PARTS = [
  ...(["tasks", "data", "notes", "results", "order", "oldest", "pending", "claimed"] as const),
  ...(["children", "counts", "info", "metadata"] as const),
];

/** What stands in braces puts them in one slot of a cluster. */
export const boardKeys = (prefix: string, name: string): readonly string[] =>
  BOARD_PARTS.map((part) => `${prefix}:board:{${name}}:${part}`);

/** The key that remembers what a claim was answered, so that the same claim, sent again, gets the same task. */
export const claimKey = (prefix: string, name: string, token: string): string => `${prefix}:board:{${name}}:claim:${token}`;

/**
 * Argument 1 of every script: the time in milliseconds, or none for that of the server. What is no task ends a script with an error
 * of arithmetic, which is what every server says in the same words.
 */
export const BOARD = `${NOW}
local ${BOARD_PARTS.join(", ")} = ${BOARD_PARTS.map((_, place) => `KEYS[${place + 1}]`).join(", ")}
local at = ARGV[1] == '' and now() or tonumber(ARGV[1])
local function load(id)
  local text = redis.call('HGET', tasks, id)
  if not text then return nil end
  local isJson, task = pcall(cjson.decode, text)
  local isTask = isJson and type(task) == 'table' and task.id == id and type(task.type) == 'string' and type(task.place) == 'string'
  return isTask and type(task.serial) == 'number' and type(task.claims) == 'number' and task or nil + 1
end
local function statusOf(task) return task.place == 'claimed' and task.ends <= at and 'pending' or task.place end
local function row(task)
  local id = task.id
  return {cjson.encode(task), statusOf(task), redis.call('HGET', data, id), redis.call('HGET', notes, id), redis.call('HGET', results, id)}
end
local function rows(found)
  local answer = {}
  for _, id in ipairs(found) do answer[#answer + 1] = row(load(id)) end
  return answer
end`;

/** The tasks right below one, oldest first. */
export const BELOW = `
local function below(id)
  local found = {}
  for _, member in ipairs(redis.call('ZRANGEBYLEX', children, '[' .. id .. ':', '(' .. id .. ';')) do
    found[#found + 1] = string.sub(member, #id + 19)
  end
  return found
end`;

import { Script } from "../redis/script.js";
import { BELOW, BOARD } from "./redis-board-keys.js";

/** Argument: the id. */
export const GET = new Script(`${BOARD}
local task = load(ARGV[2])
return task and {row(task)} or {}`);

/** Argument: the id. */
export const CHILDREN = new Script(`${BOARD}${BELOW}
return rows(below(ARGV[2]))`);

/** How many tasks a script looks at before it answers. */
const SCANNED = 2_000;

/**
 * Arguments: the serial or (after a `#`) the id to begin behind, limit, status or none, type or none. Answers the serial to go on
 * with, empty at the end or `absent`, and the tasks.
 */
export const LIST = new Script(`${BOARD}
local from, limit, status, type = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
if string.sub(from, 1, 1) == '#' then
  from = redis.call('ZSCORE', order, string.sub(from, 2))
  if not from then return {'absent'} end
end
local answer = {''}
local found = redis.call('ZRANGEBYSCORE', order, '(' .. from, '+inf', 'LIMIT', 0, ${SCANNED})
for place, id in ipairs(found) do
  local task = load(id)
  if (type == '' or task.type == type) and (status == '' or statusOf(task) == status) then answer[#answer + 1] = row(task) end
  if #answer > limit or place == ${SCANNED} then
    answer[1] = string.format('%.0f', task.serial)
    return answer
  end
end
return answer`);

/** Answers how many there are, and for each stale claim its type. */
export const COUNT = new Script(`${BOARD}
local stale = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', claimed, '-inf', at)) do stale[#stale + 1] = load(id).type end
return {redis.call('HGETALL', counts), stale}`);

export const NOTES = new Script(`${BOARD}
return redis.call('HGETALL', metadata)`);

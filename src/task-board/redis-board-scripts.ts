import { Script } from "../redis/script.js";
import { BELOW, BOARD, BOARD_PARTS } from "./redis-board-keys.js";

/** Every change of a task goes through here, so that what leads to it is always as it is. */
const PUT = `
local function slot(task) return task.type .. ':' .. string.format('%016.0f', task.serial) .. ':' .. task.id end
local function count(task, by) redis.call('HINCRBY', counts, task.place .. ':' .. task.type, by) end
local function put(task, place)
  if task.place then count(task, -1) end
  redis.call('ZREM', pending, slot(task))
  redis.call('ZREM', oldest, task.id)
  redis.call('ZREM', claimed, task.id)
  task.place = place
  if place == 'pending' then
    redis.call('ZADD', pending, 0, slot(task))
    redis.call('ZADD', oldest, task.serial, task.id)
  elseif place == 'claimed' then
    redis.call('ZADD', claimed, task.ends, task.id)
  end
  count(task, 1)
  redis.call('HSET', tasks, task.id, cjson.encode(task))
end
local function isOpen(task) return task.place == 'pending' or task.place == 'claimed' end`;

/** Arguments: id, type, parent, data, metadata. */
export const CREATE = new Script(`${BOARD}${PUT}
local id, type, parent = ARGV[2], ARGV[3], ARGV[4]
local task = load(id)
if task then
  local isSame = task.type == type and task.parent == parent
  isSame = isSame and redis.call('HGET', data, id) == ARGV[5] and redis.call('HGET', notes, id) == ARGV[6]
  return {isSame and 'ok' or 'taken', row(task)}
end
if parent ~= '' then
  local above = load(parent)
  if not above then return {'absent'} end
  if above.place == 'cancelled' then return {'orphan'} end
end
local serial = redis.call('HINCRBY', info, 'serial', 1)
task = {id = id, type = type, parent = parent, serial = serial, created = at, claims = 0}
redis.call('HSET', data, id, ARGV[5])
redis.call('HSET', notes, id, ARGV[6])
redis.call('ZADD', order, serial, id)
if parent ~= '' then redis.call('ZADD', children, 0, parent .. ':' .. string.format('%016.0f', serial) .. ':' .. id) end
put(task, 'pending')
return {'ok', row(task)}`);

/** Arguments: agent, lease, for how long the answer is remembered, types. The key of the answer comes after those of the board. */
export const CLAIM = new Script(`${BOARD}${PUT}
local answered = KEYS[${BOARD_PARTS.length + 1}]
local known = redis.call('GET', answered)
if known then return {'ok', row(load(known))} end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', claimed, '-inf', at)) do put(load(id), 'pending') end
local serial, id
if #ARGV == 4 then
  id = redis.call('ZRANGE', oldest, 0, 0)[1]
else
  for place = 5, #ARGV do
    local type = ARGV[place]
    local found = redis.call('ZRANGEBYLEX', pending, '[' .. type .. ':', '(' .. type .. ';', 'LIMIT', 0, 1)[1]
    local its = found and string.sub(found, #type + 2, #type + 17)
    if found and (not serial or its < serial) then serial, id = its, string.sub(found, #type + 19) end
  end
end
if not id then return {'ok'} end
local task = load(id)
task.agent, task.lease, task.claims = ARGV[2], tonumber(ARGV[3]), task.claims + 1
task.ends = at + task.lease
put(task, 'claimed')
redis.call('SET', answered, id, 'PX', ARGV[4])
return {'ok', row(task)}`);

/** Arguments: token, id, agent, to, lease or none, result or none. A move that was made already is answered as it was. */
export const MOVE = new Script(`${BOARD}${PUT}
local token, id, agent, to, lease, result = ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]
local task = load(id)
if not task then return {'absent'} end
if task.last == token then return {'ok', row(task)} end
if not isOpen(task) or task.agent ~= agent then
  local isSame = task.place == to and task.agent == agent and redis.call('HGET', results, id) == result
  return {isSame and 'ok' or 'notHeld', row(task)}
end
task.last = token
if to == 'claimed' then
  task.lease = lease or task.lease
  task.ends = at + task.lease
elseif to == 'pending' then
  task.agent, task.ends = nil, nil
else
  task.ends, task.finished = nil, at
  redis.call('HSET', results, id, result)
end
put(task, to)
return {'ok', row(task)}`);

/** Arguments: token, id. Answers how many tasks this token has cancelled. */
export const CANCEL = new Script(`${BOARD}${PUT}${BELOW}
local token, found, cancelled = ARGV[2], {ARGV[3]}, 0
if not load(ARGV[3]) then return {'absent'} end
local place = 1
while place <= #found do
  local task = load(found[place])
  if isOpen(task) then
    task.agent, task.ends, task.finished, task.last = nil, nil, at, token
    put(task, 'cancelled')
  end
  if task.place == 'cancelled' and task.last == token then cancelled = cancelled + 1 end
  for _, id in ipairs(below(task.id)) do found[#found + 1] = id end
  place = place + 1
end
return {'ok', false, tostring(cancelled)}`);

/** Arguments: key, value or none. */
export const NOTE = new Script(`${BOARD}
if ARGV[3] then redis.call('HSET', metadata, ARGV[2], ARGV[3]) else redis.call('HDEL', metadata, ARGV[2]) end
return {'ok'}`);

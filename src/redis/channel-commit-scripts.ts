import { NOW } from "./owner-scripts.js";
import { Script } from "./script.js";

/** The same names as in `ChannelKeys`. */
export const CHANNEL_KEYS = `local meta, index, values = KEYS[1], KEYS[2], KEYS[3]`;

/** A head that no channel has written ends the script, which is noticed as damage. */
export const HEADS = `${NOW}
local clock = now()
local function headOf(key)
  local text = redis.call('HGET', index, key)
  if not text then return nil end
  local kind, stamp, expires, length = string.match(text, '^([val]) (%d+) (%S+) (%d+)$')
  return {kind = kind, stamp = stamp, expires = expires, length = length + 0}
end
local function isOver(head)
  return head.expires ~= '-' and head.expires + 0 <= clock
end`;

/**
 * Reads the operations: from argument \`at\` on a number of keys, the keys, then each operation: kind, place of the key, lifetime in
 * milliseconds or nothing, number of texts, texts. The list of the n-th key is \`KEYS[lists + n]\`. All that could fail fails here.
 */
const READ_OPS = `
local count, last = tonumber(ARGV[at]), #ARGV
local ops, heads = {}, {}
redis.call('HLEN', values)
for n = 1, count do
  redis.call('LLEN', KEYS[lists + n])
  heads[n] = headOf(ARGV[at + n])
end
local from = at + count + 1
while from <= last do
  local op = {kind = ARGV[from], n = tonumber(ARGV[from + 1]), lifetime = ARGV[from + 2], texts = tonumber(ARGV[from + 3]), from = from + 4}
  ops[#ops + 1] = op
  from = op.from + op.texts
end
local function misfit()
  local kinds = {}
  for n = 1, count do kinds[n] = heads[n] and heads[n].kind end
  for _, op in ipairs(ops) do
    if op.kind == 'append' or op.kind == 'prepend' then
      if kinds[op.n] == 'v' then return {'kind', ARGV[at + op.n], op.kind} end
      kinds[op.n] = 'l'
    elseif op.kind == 'delete' then kinds[op.n] = nil
    else kinds[op.n] = ARGV[op.from] end
  end
end`;

/** Applies them. What is set has kind, length and text; \`put\` is a set that keeps the time the key has. An unpack takes not too many. */
const APPLY_OPS = `
local function drop(n)
  redis.call('HDEL', index, ARGV[at + n])
  redis.call('HDEL', values, ARGV[at + n])
  redis.call('UNLINK', KEYS[lists + n])
  heads[n] = nil
end
local function note(op, kind, length)
  local expires = op.lifetime ~= '' and string.format('%.0f', clock + op.lifetime) or (op.kind ~= 'set' and heads[op.n] and heads[op.n].expires) or '-'
  heads[op.n] = {kind = kind, expires = expires, length = length}
  redis.call('HSET', index, ARGV[at + op.n], kind .. ' ' .. stamp .. ' ' .. expires .. ' ' .. string.format('%.0f', length))
end
local function add(op)
  local key, list, head = ARGV[at + op.n], KEYS[lists + op.n], heads[op.n] or {length = 0}
  if head.kind ~= 'l' then redis.call('UNLINK', list) end
  if head.kind == 'a' then
    redis.call('RPUSH', list, 's' .. redis.call('HGET', values, key))
    redis.call('HDEL', values, key)
  end
  for first = op.from, op.from + op.texts - 1, 1000 do
    redis.call(op.kind == 'append' and 'RPUSH' or 'LPUSH', list, unpack(ARGV, first, math.min(first + 999, op.from + op.texts - 1)))
  end
  note(op, 'l', head.length + op.texts)
end
local function apply()
  for _, op in ipairs(ops) do
    if op.kind == 'delete' then drop(op.n)
    elseif op.kind == 'append' or op.kind == 'prepend' then add(op)
    else
      if heads[op.n] and heads[op.n].kind == 'l' then redis.call('UNLINK', KEYS[lists + op.n]) end
      redis.call('HSET', values, ARGV[at + op.n], ARGV[op.from + 2])
      note(op, ARGV[op.from], tonumber(ARGV[op.from + 1]))
    end
  end
end`;

/**
 * Arguments: epoch, token, seq, steps, operations. The first thing it writes needs memory, so that a full server refuses all of it;
 * what says that it was done comes last.
 */
export const COMMIT_STEPS = new Script(`${CHANNEL_KEYS}
local found = redis.call('HMGET', meta, 'epoch', 'token', 'seq')
local epoch, mine, seq = tonumber(found[1] or 0), tonumber(ARGV[1]), tonumber(ARGV[3])
if epoch < mine then return {'lost', 'epoch ' .. (found[1] or 'none'), 'epoch ' .. ARGV[1]} end
if epoch > mine then return {'stale', found[1]} end
if not found[2] then return {'stale'} end
if found[2] ~= ARGV[2] then return {'lost', 'another owner in the same epoch', 'this one'} end
local done = tonumber(found[3])
if done >= seq then return {'ok'} end
if done < seq - 1 then return {'lost', 'commit ' .. found[3], 'commit ' .. string.format('%.0f', seq - 1)} end
local at, lists, stamp = 5, 3, ARGV[3]
${HEADS}${READ_OPS}
local no = misfit()
if no then return no end
redis.call('HSET', meta, 'steps', ARGV[4])
${APPLY_OPS}
apply()
redis.call('HSET', meta, 'seq', ARGV[3])
return {'ok'}`);

/** For how long the newest commit of a client is known: longer than one is on its way. */
const REMEMBERED_MS = 3_600_000;

/**
 * The fourth key is that of the client. Arguments: seq of this client, a number of conditions and each (place of the key, its stamp or
 * \`-\`), operations. What has run out goes; answers some more keys that have, which the client names when it writes again.
 */
export const COMMIT_SHARED = new Script(`${CHANNEL_KEYS}
local seq, conditions = tonumber(ARGV[1]), tonumber(ARGV[2])
if tonumber(redis.call('GET', KEYS[4]) or 0) >= seq then return {'ok'} end
local at, lists = 3 + 2 * conditions, 4
${HEADS}${READ_OPS}
local over = {}
for n = 1, count do
  if heads[n] and isOver(heads[n]) then
    over[#over + 1] = n
    heads[n] = nil
  end
end
for place = 3, at - 1, 2 do
  local head = heads[tonumber(ARGV[place])]
  if (head and head.stamp or '-') ~= ARGV[place + 1] then return {'changed'} end
end
local no = misfit()
if no then return no end
redis.call('SET', KEYS[4], ARGV[1], 'PX', ${REMEMBERED_MS})
local stamp = string.format('%.0f', redis.call('HINCRBY', meta, 'stamp', 1))
${APPLY_OPS}
for _, n in ipairs(over) do drop(n) end
apply()
local answer, some = {'ok'}, redis.call('HRANDFIELD', index, 3, 'WITHVALUES')
for place = 1, #some, 2 do
  local expires = string.match(some[place + 1], '^%S+ %S+ (%d+)')
  if expires and expires + 0 <= clock then answer[#answer + 1] = some[place] end
end
return answer`);

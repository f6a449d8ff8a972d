import { CHANNEL_KEYS, HEADS } from "./channel-commit-scripts.js";
import { Script } from "./script.js";

/** What was prepared, and never begun, is gone after this time. */
const UNBEGUN_MS = 3_600_000;

/** Answers a number that nobody else has drawn, and the number of steps at which the channel was left. Drawn twice, one is lost. */
export const DRAW = new Script(`
local drawn = redis.call('HINCRBY', KEYS[1], 'drawn', 1)
local found = redis.call('HMGET', KEYS[1], 'generation', 'steps')
if not found[1] then redis.call('PEXPIRE', KEYS[1], ${UNBEGUN_MS}) end
return {'ok', string.format('%.0f', drawn), found[1] and found[2]}`);

/**
 * Keys: meta, and index and values of the new generation. Arguments: epoch, then key, kind, length, lifetime and text of each entry.
 * One that comes late, when the channel has begun, must not undo what was done since.
 */
export const LOAD = new Script(`${CHANNEL_KEYS}${HEADS}
local epoch = redis.call('HGET', meta, 'epoch')
if tonumber(epoch or 0) > tonumber(ARGV[1]) then return {'stale', epoch} end
if epoch == ARGV[1] then return {'ok'} end
for n = 2, #ARGV, 5 do
  local expires = ARGV[n + 3] == '' and '-' or string.format('%.0f', clock + ARGV[n + 3])
  redis.call('HSET', values, ARGV[n], ARGV[n + 4])
  redis.call('HSET', index, ARGV[n], ARGV[n + 1] .. ' 0 ' .. expires .. ' ' .. ARGV[n + 2])
end
redis.call('PEXPIRE', index, ${UNBEGUN_MS})
redis.call('PEXPIRE', values, ${UNBEGUN_MS})
return {'ok'}`);

/** Keys as \`LOAD\`. Arguments: epoch, token, steps. From now on readers see the new generation. Answers those to be removed. */
export const SWITCH = new Script(`${CHANNEL_KEYS}
local found = redis.call('HMGET', meta, 'epoch', 'token', 'generation', 'drawn')
if found[2] ~= ARGV[2] then
  if tonumber(found[1] or 0) >= tonumber(ARGV[1]) then return {'stale', found[1]} end
  redis.call('HSET', meta, 'epoch', ARGV[1], 'token', ARGV[2], 'generation', ARGV[1], 'seq', '0', 'steps', ARGV[3])
  if found[3] then redis.call('HSET', meta, 'old:' .. found[3], '1') end
  if tonumber(found[4] or 0) < tonumber(ARGV[1]) then redis.call('HSET', meta, 'drawn', ARGV[1]) end
  for _, key in ipairs(KEYS) do redis.call('PERSIST', key) end
end
local answer = {'ok'}
for _, field in ipairs(redis.call('HKEYS', meta)) do
  local old = string.match(field, '^old:(%d+)$')
  if old then answer[#answer + 1] = old end
end
return answer`);

/** Nobody writes it any more. Answers all generations. */
export const DISOWN = new Script(`
redis.call('HDEL', KEYS[1], 'token')
local answer = {'ok', redis.call('HGET', KEYS[1], 'generation') or '0'}
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  local old = string.match(field, '^old:(%d+)$')
  if old then answer[#answer + 1] = old end
end
return answer`);

/** For how long the epoch of a channel that was removed is known, so that its owner is told. */
const FORGOTTEN_MS = 86_400_000;

/** All else is removed by now. */
export const FORGET = new Script(`
redis.call('HDEL', KEYS[1], 'generation', 'seq', 'steps')
redis.call('PEXPIRE', KEYS[1], ${FORGOTTEN_MS})
return {'ok'}`);

/** Key: the index of a generation. Argument: where to go on. Answers where to go on then, and the keys of some lists. */
export const SCAN_LISTS = new Script(`
local scanned = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 500)
local answer = {scanned[1]}
for place = 1, #scanned[2], 2 do
  if string.sub(scanned[2][place + 1], 1, 1) == 'l' then answer[#answer + 1] = scanned[2][place] end
end
return answer`);

/** Keys: meta, and what goes. Argument: a generation, which must not be the one in use. */
export const REMOVE = new Script(`
if redis.call('HGET', KEYS[1], 'generation') == ARGV[1] and redis.call('HEXISTS', KEYS[1], 'token') == 1 then return {'no'} end
for n = 2, #KEYS do redis.call('UNLINK', KEYS[n]) end
redis.call('HDEL', KEYS[1], ARGV[2])
return {'ok'}`);

/** Keys: meta, and what is to run out. Arguments: token, how many milliseconds it stays, and whether that is the end. */
export const RUN_OUT = new Script(`
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return {'ok'} end
for n = 2, #KEYS do redis.call('PEXPIRE', KEYS[n], ARGV[2]) end
if ARGV[3] == 'yes' then
  redis.call('HDEL', KEYS[1], 'token')
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {'ok'}`);

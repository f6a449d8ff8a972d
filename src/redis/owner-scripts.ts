import { NAMED_KEYS } from "./run-keys.js";
import { Script } from "./script.js";

/** Milliseconds since 1970 by the clock of the server. */
export const NOW = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`;

/** Whether a text is a number that can be counted on. */
const IS_COUNT = `
local function isCount(text)
  return #text <= 15 and string.match(text, '^%d+$')
end`;

/**
 * On a full server a script may write nothing unless it has begun with a command that needs no memory. What keeps a run or makes
 * room begins with this one, which does nothing.
 */
export const EVEN_IF_FULL = `redis.call('HDEL', owner, '')`;

/**
 * Arguments 1 to 4 of a commit: the epoch and token of its owner, the serial of the newest commit that was confirmed to it, and
 * that of this one. `refusal` is what to answer if the run is not the owner's any more, or if the server has forgotten something.
 */
export const FENCED = `${NAMED_KEYS}
local token, serial, commit = ARGV[2], ARGV[4], ARGV[2] .. '/' .. ARGV[4]
local function refusal()
  local found = redis.call('HMGET', owner, 'epoch', 'token', 'serial')
  local epoch, mine = tonumber(found[1] or 0), tonumber(ARGV[1])
  if epoch < mine then return {'lost', 'epoch ' .. (found[1] or 'none'), 'epoch ' .. ARGV[1]} end
  if epoch > mine then return {'stale', found[1]} end
  if not found[2] then return {'stale'} end
  if found[2] ~= token then return {'lost', 'another owner in the same epoch', 'this one'} end
  if tonumber(found[3]) < tonumber(ARGV[3]) then return {'lost', 'commit ' .. found[3], 'commit ' .. ARGV[3]} end
end`;

/**
 * For commits that have a serial of their own. One that comes late, when its owner has given it up and gone on, must not undo what was
 * done since: it is refused as well, which nobody hears.
 */
export const FENCED_COMMIT = `${FENCED}
local function refusalOfCommit()
  local no = refusal()
  if no then return no end
  local newest = redis.call('HGET', owner, 'serial')
  if tonumber(newest) > tonumber(serial) then return {'lost', 'commit ' .. newest, 'commit ' .. serial} end
end`;

/**
 * Arguments: token, the epoch as it is known, who asks, lease, whether to take over. It must be the epoch that is found: a question
 * that comes late, when its answer was given up long ago, finds another one.
 */
export const ACQUIRE = new Script(`${NAMED_KEYS}${NOW}${IS_COUNT}
local found = redis.call('HMGET', owner, 'epoch', 'token', 'until', 'holder')
local epoch = found[1] or '0'
if not isCount(epoch) then return {'damaged', epoch} end
if found[2] == ARGV[1] then return {'ok', epoch} end
if found[2] and ARGV[5] == 'no' and tonumber(found[3]) > now() then return {'owned', found[4]} end
if epoch ~= ARGV[2] then return {'changed', epoch} end
local next = string.format('%.0f', epoch + 1)
redis.call('HSET', owner, 'epoch', next, 'token', ARGV[1], 'holder', ARGV[3], 'serial', '0', 'counted', '0',
  'until', string.format('%.0f', now() + ARGV[4]))
redis.call('PERSIST', owner)
return {'ok', next}`);

/** Argument 5: the lease. */
export const RENEW = new Script(`${FENCED}${NOW}
local no = refusal()
if no then return no end
${EVEN_IF_FULL}
redis.call('HSET', owner, 'until', string.format('%.0f', now() + ARGV[5]))
return {'ok'}`);

/** Argument: the token. The epoch stays. */
export const RELEASE = new Script(`${NAMED_KEYS}
if redis.call('HGET', owner, 'token') == ARGV[1] then redis.call('HDEL', owner, 'token', 'holder', 'until') end
return {'ok'}`);

/** Answers epoch, holder, and whether its lease runs. */
export const OWNER = new Script(`${NAMED_KEYS}${NOW}
local found = redis.call('HMGET', owner, 'epoch', 'token', 'holder', 'until')
if not found[2] then return {} end
return {found[1], found[3], tonumber(found[4]) > now() and 'alive' or 'silent'}`);

/** Argument 5: the position, or none to forget it. Of the same commit it answers the same. */
export const COUNT_RESUME = new Script(`${FENCED_COMMIT}${IS_COUNT}
local no = refusalOfCommit()
if no then return no end
local found = redis.call('HMGET', owner, 'position', 'resumes', 'counted')
if tonumber(found[3]) >= tonumber(serial) then return {'ok', found[2]} end
if found[2] and not isCount(found[2]) then return {'damaged', found[2]} end
local resumes = 0
if ARGV[5] then resumes = found[1] == ARGV[5] and found[2] + 1 or 1 end
redis.call('HSET', owner, 'position', ARGV[5] or '', 'resumes', resumes, 'counted', serial, 'serial', serial)
if not ARGV[5] then redis.call('HDEL', owner, 'position') end
return {'ok', tostring(resumes)}`);

import { ANSWERED_ONCE } from "./checkpoint-scripts.js";
import { EVEN_IF_FULL, NOW } from "./owner-scripts.js";
import { NAMED_KEYS } from "./run-keys.js";
import { Script } from "./script.js";

/** A blob that is out of sight while somebody asks whether it is used comes back after this time, should nobody answer. */
const HIDDEN_MS = 60_000;

const IS_HIDDEN = `${NOW}
local function isHidden(digest)
  local mark = redis.call('HGET', hidden, digest)
  return mark and tonumber(string.match(mark, '^%d+')) > now()
end`;

/** Arguments: digest, and a text that nobody else has. */
export const HIDE = new Script(`${ANSWERED_ONCE}${IS_HIDDEN}
if redis.call('HEXISTS', blobs, ARGV[1]) == 0 or isHidden(ARGV[1]) then return {'no'} end
${EVEN_IF_FULL}
redis.call('HSET', hidden, ARGV[1], string.format('%.0f', now() + ${HIDDEN_MS}) .. ' ' .. ARGV[2])
return answer('yes')`);

/** Arguments: those of `HIDE`. Does nothing if the blob was in sight again meanwhile: somebody may count on it. */
export const REMOVE = new Script(`${ANSWERED_ONCE}${IS_HIDDEN}
local mark = redis.call('HGET', hidden, ARGV[1])
if not isHidden(ARGV[1]) or string.match(mark, ' (.*)') ~= ARGV[2] then return {'no'} end
redis.call('HDEL', blobs, ARGV[1])
redis.call('HDEL', hidden, ARGV[1])
return answer('yes')`);

/** Arguments: those of `HIDE`. */
export const SHOW = new Script(`${NAMED_KEYS}
local mark = redis.call('HGET', hidden, ARGV[1])
if mark and string.match(mark, ' (.*)') == ARGV[2] then redis.call('HDEL', hidden, ARGV[1]) end
return {}`);

/** Argument: the digest. */
export const READ_BLOB = new Script(`${NAMED_KEYS}${IS_HIDDEN}
if isHidden(ARGV[1]) then return {} end
return {redis.call('HGET', blobs, ARGV[1])}`);

export const BLOBS = new Script(`${NAMED_KEYS}${IS_HIDDEN}
local found = {}
for _, digest in ipairs(redis.call('HKEYS', blobs)) do
  if not isHidden(digest) then found[#found + 1] = digest end
end
return found`);

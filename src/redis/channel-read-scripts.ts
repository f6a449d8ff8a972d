import { CHANNEL_KEYS, HEADS } from "./channel-commit-scripts.js";
import { Script } from "./script.js";

/** Argument 1 of all: the generation that is asked for. Another one has taken its place when a run was set back. */
const OF_GENERATION = `${CHANNEL_KEYS}
local generation = redis.call('HGET', meta, 'generation') or '0'
if generation ~= ARGV[1] then return {'moved', generation} end
${HEADS}`;

/** Argument: the key; its list is the fourth key. Answers the stamp, and a document, or the pieces of a list and how many items they are to hold. */
export const READ_VALUE = new Script(`${OF_GENERATION}
local head = headOf(ARGV[2])
if not head or isOver(head) then return {'none'} end
if head.kind == 'l' then return {'list', head.stamp, redis.call('LRANGE', KEYS[4], 0, -1), string.format('%.0f', head.length)} end
return {'value', head.stamp, redis.call('HGET', values, ARGV[2])}`);

/** Argument: the key. */
export const READ_LENGTH = new Script(`${OF_GENERATION}
local head = headOf(ARGV[2])
if not head or isOver(head) then return {'length', '0'} end
return {'length', string.format('%.0f', head.length)}`);

/** Argument: what they start with. */
export const READ_KEYS = new Script(`${OF_GENERATION}
local found, all = {'keys'}, redis.call('HGETALL', index)
for place = 1, #all, 2 do
  if string.sub(all[place], 1, #ARGV[2]) == ARGV[2] then
    local expires = string.match(all[place + 1], '^%S+ %S+ (%d+)')
    if not expires or expires + 0 > clock then found[#found + 1] = all[place] end
  end
end
return found`);

import { EVEN_IF_FULL } from "./owner-scripts.js";
import { NAMED_KEYS } from "./run-keys.js";
import { Script } from "./script.js";

/** How long it is remembered what was answered: longer than anybody asks again, or a question is on its way. */
const REMEMBERED_MS = 3_600_000;

/** For how long the epoch of a deleted run is known, so that its owner is told that it was deleted. */
const DELETED_MS = 86_400_000;

/** `answer` keeps an answer under the key of its question; a question that is known already is answered as before. */
export const ANSWERED_ONCE = `${NAMED_KEYS}
local said = redis.call('GET', KEYS[9])
if said then return {said} end
local function answer(text)
  redis.call('SET', KEYS[9], text, 'PX', ${REMEMBERED_MS})
  return {text}
end`;

/** Answers seq and id by turns. */
export const LIST = new Script(`${NAMED_KEYS}
return redis.call('HGETALL', checkpoints)`);

/** Answers how many checkpoints there are. */
export const COUNT = new Script(`${NAMED_KEYS}
return redis.call('HLEN', checkpoints)`);

/** Arguments: seq, id. */
export const READ = new Script(`${NAMED_KEYS}
local seq = ARGV[1]
if redis.call('HGET', checkpoints, seq) ~= ARGV[2] then return {} end
return redis.call('HMGET', documents, seq .. '/context', seq .. '/state', seq .. '/meta')`);

/** Arguments: seq, id. */
export const DELETE = new Script(`${ANSWERED_ONCE}
local seq = ARGV[1]
if redis.call('HGET', checkpoints, seq) ~= ARGV[2] or redis.call('SISMEMBER', pins, ARGV[2]) == 1 then return {'no'} end
redis.call('HDEL', documents, seq .. '/commit', seq .. '/context', seq .. '/state', seq .. '/meta')
redis.call('HDEL', checkpoints, seq)
return answer('yes')`);

/** Arguments: seq, id, whether to pin it. */
export const PIN = new Script(`${ANSWERED_ONCE}
if redis.call('HGET', checkpoints, ARGV[1]) ~= ARGV[2] then return {'no'} end
${EVEN_IF_FULL}
redis.call(ARGV[3] == 'yes' and 'SADD' or 'SREM', pins, ARGV[2])
return answer('yes')`);

export const PINS = new Script(`${NAMED_KEYS}
return redis.call('SMEMBERS', pins)`);

/** Answers whether there was a checkpoint, and the epoch. */
export const DELETE_RUN = new Script(`${ANSWERED_ONCE}
local epoch, existed = redis.call('HGET', owner, 'epoch'), redis.call('EXISTS', checkpoints) == 1
redis.call('UNLINK', owner, checkpoints, documents, blobs, hidden, pins, journal, steps)
if epoch then
  redis.call('HSET', owner, 'epoch', epoch)
  redis.call('PEXPIRE', owner, ${DELETED_MS})
end
return answer((existed and 'yes ' or 'no ') .. (epoch or '0'))`);

import { FENCED, FENCED_COMMIT } from "./owner-scripts.js";
import { NAMED_KEYS } from "./run-keys.js";
import { Script } from "./script.js";

/**
 * Arguments from 5 on: seq, id, context, state, meta, and each blob after its digest. The first thing it writes needs memory, so
 * that a full server refuses all of it. What it only measures could be a key of somebody else, which must be found before.
 */
export const PUT = new Script(`${FENCED_COMMIT}
local seq = ARGV[5]
if redis.call('HGET', documents, seq .. '/commit') == commit then return {'ok'} end
local no = refusalOfCommit()
if no then return no end
local other = redis.call('HGET', checkpoints, seq)
if other then return {'taken', other} end
redis.call('HLEN', blobs)
redis.call('HLEN', hidden)
redis.call('HSET', documents, seq .. '/commit', commit, seq .. '/context', ARGV[7], seq .. '/state', ARGV[8], seq .. '/meta', ARGV[9])
for n = 10, #ARGV, 2 do
  redis.call('HSET', blobs, ARGV[n], ARGV[n + 1])
  redis.call('HDEL', hidden, ARGV[n])
end
redis.call('HSET', checkpoints, seq, ARGV[6])
redis.call('HSET', owner, 'serial', serial)
return {'ok'}`);

/** Argument 5: the seq of the checkpoint that the journal follows. */
export const BEGIN_JOURNAL = new Script(`${FENCED_COMMIT}
if redis.call('HGET', journal, 'commit') == commit then return {'ok'} end
local no = refusalOfCommit()
if no then return no end
redis.call('LLEN', steps)
redis.call('HSET', journal, 'commit', commit, 'seq', ARGV[5])
redis.call('DEL', steps)
redis.call('HSET', owner, 'serial', serial)
return {'ok'}`);

/** Argument 4 is the commit that has begun the journal; 5 and 6: how many records go before this one, and its bytes. */
export const APPEND = new Script(`${FENCED}
local isOurs = redis.call('HGET', journal, 'commit') == commit
local length, before = redis.call('LLEN', steps), tonumber(ARGV[5])
if isOurs and length > before then return {'ok'} end
local no = refusal()
if no then return no end
if not isOurs then return {'replaced'} end
if length < before then return {'lost', length .. ' records of the journal', ARGV[5] .. ' of them'} end
redis.call('RPUSH', steps, ARGV[6])
return {'ok'}`);

/** Argument: the seq. */
export const READ_JOURNAL = new Script(`${NAMED_KEYS}
if redis.call('HGET', journal, 'seq') ~= ARGV[1] then return {} end
return redis.call('LRANGE', steps, 0, -1)`);

import { Script } from "./script.js";

/**
 * The index of runs lies in another slot than the runs, so that it is written before them and may name some that are not there. It
 * holds the epoch in which a run was listed: what is unlisted with the epoch it was deleted in stays, if somebody has listed it anew.
 */
export const LIST_RUN = new Script(`
local found = redis.call('HGET', KEYS[1], ARGV[1])
if (tonumber(found or '') or 0) < tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return {}`);

/** Arguments of both: run, epoch. */
export const UNLIST_RUN = new Script(`
local found = redis.call('HGET', KEYS[1], ARGV[1])
if found and (tonumber(found) or 0) <= tonumber(ARGV[2]) then redis.call('HDEL', KEYS[1], ARGV[1]) end
return {}`);

export const LISTED_RUNS = new Script(`return redis.call('HKEYS', KEYS[1])`);

/** Argument: what to write. */
export const PROBE = new Script(`redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)
return redis.call('GET', KEYS[1])`);

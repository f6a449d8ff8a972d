// <url> <ends>: uses a store, closes it if it is to end by itself, and says so. Nothing else keeps the process alive.
import { RedisCheckpointStore } from "../../src/redis/index.js";
import { bytesOf, record } from "../../src/testing/checkpoint-store-support.js";

const [url = "", ends] = process.argv.slice(2);
const store = new RedisCheckpointStore({ url, prefix: `closing-${process.pid}` });
await store.open();
const writer = await store.acquire("r1");
await writer.put(record("r1", 1, "a"));
await (await writer.beginJournal(1)).append(bytesOf("one"));
if (ends === "yes") await store.close();
process.stdout.write("done");

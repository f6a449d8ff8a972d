import { describe, expect, it } from "vitest";
import { CommitOutcomeUnknownError } from "../../src/core/errors.js";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import { BEGIN_JOURNAL, PUT } from "../../src/redis/commit-scripts.js";
import { COUNT_RESUME } from "../../src/redis/owner-scripts.js";
import type { Script } from "../../src/redis/script.js";
import { bytesOf, record } from "../../src/testing/checkpoint-store-support.js";
import { sharedRedis } from "../servers/redis.js";
import { HeldClient } from "./held-client.js";
import { newClient, openedStore } from "./support.js";

const url = sharedRedis();

/** What a writer gives up, and the script that then comes late. */
const GIVEN_UP: readonly (readonly [string, Script, (writer: RunWriter) => Promise<unknown>])[] = [
  ["a checkpoint", PUT, (writer) => writer.put(record("r1", 7, "late", bytesOf("late")))],
  ["the beginning of a journal", BEGIN_JOURNAL, (writer) => writer.beginJournal(7)],
  ["a counted resume", COUNT_RESUME, (writer) => writer.countResume("7")],
];

describe("a commit that its owner has given up", () => {
  it.each(GIVEN_UP)("does nothing when it comes after a newer one, and harms nobody: %s", async (_, script, commit) => {
    const client = new HeldClient(newClient(url()));
    const store = await openedStore({ client, commandTimeoutMs: 50 });
    const writer = await store.acquire("r1");
    await writer.put(record("r1", 1, "a"));
    client.loseCommands(script);
    await expect(commit(writer)).rejects.toThrow(CommitOutcomeUnknownError);
    client.loseCommands(null);
    await writer.countResume("1");
    await writer.put(record("r1", 2, "b"));
    const journal = await writer.beginJournal(2);
    await journal.append(bytesOf("one"));

    expect((await client.deliverLast())[0]).not.toBe("ok");
    await goOn(writer, journal);
    expect((await store.list("r1")).map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect((await store.readJournal("r1", 2)).map((bytes) => new TextDecoder().decode(bytes))).toEqual(["one", "two"]);
    expect(await writer.countResume("1")).toBe(2);
  });

  it.each(GIVEN_UP)("may be done when it comes before the next, and harms nobody: %s", async (_, script, commit) => {
    const client = new HeldClient(newClient(url()));
    const store = await openedStore({ client, commandTimeoutMs: 50 });
    const writer = await store.acquire("r1");
    client.loseCommands(script);
    await expect(commit(writer)).rejects.toThrow(CommitOutcomeUnknownError);
    client.loseCommands(null);

    for (let turn = 0; turn < 3; turn++) expect((await client.deliverLast())[0]).toBe("ok");
    await goOn(writer, await writer.beginJournal(2));
    expect((await store.list("r1")).map(({ id }) => id)).toEqual(script === PUT ? ["c", "late"] : ["c"]);
    expect(await writer.countResume("7")).toBe(script === COUNT_RESUME ? 2 : 1);
  });
});

async function goOn(writer: RunWriter, journal: Journal): Promise<void> {
  await writer.renew();
  await journal.append(bytesOf("two"));
  await writer.put(record("r1", 3, "c"));
}

import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { CheckpointStore } from "../../src/core/checkpoint.js";
import type { Outcome } from "../../src/core/errors.js";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import { bytesOf, record } from "../../src/testing/checkpoint-store-support.js";
import { below, fromEnvironment, seeded } from "../faults/seeded.js";
import { ownRedis } from "../servers/redis.js";
import { FaultProxy, NETWORK_FAULTS, type NetworkFault } from "./fault-proxy.js";
import { Ledger } from "./ledger.js";
import { type FaultyWorld, SERVER_FAULTS, type ServerFaultName } from "./server-faults.js";
import { afterwards, newClient, openedStore } from "./support.js";

const FAULTS = fromEnvironment("CAIRNFLOW_TEST_REDIS_FAULTS", 117);
const COMMAND_TIMEOUT_MS = 150;

type Kind = NetworkFault | ServerFaultName;
const KINDS: readonly Kind[] = [...NETWORK_FAULTS, ...(Object.keys(SERVER_FAULTS) as ServerFaultName[])];

/** A run that is written by one owner after the other, whatever happens, and knows what it was told. */
class BusyWriter {
  #writer: RunWriter | null = null;
  #journal: Journal | null = null;
  #seq = 0;
  #step = 0;
  /** The highest epoch and count of resumes that may be there, given what is unknown. */
  #epochs = { least: 0, most: 0 };
  #resumes = { least: 0, most: 0 };

  constructor(
    private readonly store: CheckpointStore,
    private readonly ledger: Ledger,
  ) {}

  async act(choice: number): Promise<void> {
    if (this.#writer === null || choice < 0.2) return this.#acquire();
    if (choice < 0.3) return this.#countResume(this.#writer);
    if (choice < 0.4) return void (await this.ledger.try("renew", () => this.#writer?.renew() ?? Promise.resolve()));
    if (this.#journal === null || choice < 0.65) return this.#put(this.#writer);
    return this.#append(this.#journal);
  }

  async #acquire(): Promise<void> {
    const { outcome, result } = await this.ledger.try("acquire", () => this.store.acquire("r1", { takeOver: true }));
    this.#writer = result;
    this.#journal = null;
    widen(this.#epochs, outcome, result?.epoch);
  }

  async #countResume(writer: RunWriter): Promise<void> {
    const { outcome, result } = await this.ledger.try("countResume", () => writer.countResume("here"));
    widen(this.#resumes, outcome, result);
  }

  async #put(writer: RunWriter): Promise<void> {
    const seq = ++this.#seq;
    const given = record("r1", seq, `c${seq}`, bytesOf(`blob ${seq}`), bytesOf(`blob ${seq >> 2}`));
    const { outcome } = await this.ledger.try("put", () => writer.put(given));
    this.ledger.notePut(given, outcome);
    if (outcome !== "applied") return;
    this.ledger.forgetJournal();
    this.#journal = (await this.ledger.try("beginJournal", () => writer.beginJournal(seq))).result;
    if (this.#journal !== null) this.ledger.noteJournal(seq);
  }

  async #append(journal: Journal): Promise<void> {
    const step = `step ${++this.#step}`;
    const { outcome } = await this.ledger.try("append", () => journal.append(bytesOf(step)));
    this.ledger.noteStep(step, outcome);
    if (outcome !== "applied") this.#journal = null;
  }
}

/** What is counted was counted once by each that was applied, and at most once by each of which nobody knows. */
function widen(range: { least: number; most: number }, outcome: Outcome, found: number | null | undefined): void {
  if (outcome !== "not-applied") range.most++;
  if (typeof found !== "number") return;
  range.least++;
  expect(found).toBeGreaterThanOrEqual(range.least);
  expect(found).toBeLessThanOrEqual(range.most);
  range.least = range.most = found;
}

describe("a RedisCheckpointStore whose network and server fail", () => {
  const server = ownRedis({ persists: true });

  it(`applies nothing twice, loses nothing that was confirmed and tells the truth over ${FAULTS} faults`, async () => {
    const seed = fromEnvironment("CAIRNFLOW_TEST_SEED", 20_26);
    const random = seeded(seed);
    const prefix = `test-${randomUUID()}`;
    const proxy = await FaultProxy.start(server().port);
    afterwards(() => proxy.stop());
    const straight = await openedStore({ url: server().url, prefix });
    const store = await openedStore({ url: proxy.url, prefix, commandTimeoutMs: COMMAND_TIMEOUT_MS });
    const world: FaultyWorld = { server: server(), proxy, admin: newClient(server().url), short: 100, long: 800 };
    const ledger = new Ledger("r1", straight);
    const writer = new BusyWriter(store, ledger);
    const felt = new Map<string, number>();

    for (const [turn, kind] of kindsInTurn(random).entries()) {
      try {
        const act = () => writer.act(random());
        if (await meet(world, kind, act, random)) felt.set(kind, (felt.get(kind) ?? 0) + 1);
        await act();
        await ledger.check();
      } catch (cause) {
        throw new Error(`seed ${seed}, turn ${turn}, after ${kind}: ${String(cause)}`, { cause });
      }
    }
    await proxy.settled();
    await ledger.check();
    await ledger.checkBytes();
    const fired = Object.fromEntries([...proxy.fired, ...felt].sort());
    console.log(`seed ${seed}, faults fired: ${shown(fired)}\nanswers: ${shown(Object.fromEntries([...ledger.counts].sort()))}`);
    // One of these is made of a network fault, which has been counted.
    const total = Object.values(fired).reduce((sum, count) => sum + count, 0) - (felt.get("answer-lost-for-long") ?? 0);
    expect(total).toBeGreaterThanOrEqual(Math.floor((FAULTS * 100) / 117));
    for (const kind of KINDS) expect(fired[kind], kind).toBeGreaterThanOrEqual(FAULTS / KINDS.length / 2);
    for (const answer of ["put applied", "append applied", "acquire applied"]) expect(ledger.counts.get(answer)).toBeGreaterThan(5);
  }, 600_000);
});

/** Does something while there is a fault; resolves to whether one of the server was felt. Those of the network are counted elsewhere. */
async function meet(world: FaultyWorld, kind: Kind, act: () => Promise<void>, random: () => number): Promise<boolean> {
  if (!isNetworkFault(kind)) return SERVER_FAULTS[kind](world, act);
  void world.proxy.arm(kind, below(random, 3), below(random, 400));
  await act();
  return false;
}

/** Every kind equally often, in an order by chance. */
function kindsInTurn(random: () => number): readonly Kind[] {
  const rounds = Array.from({ length: Math.ceil(FAULTS / KINDS.length) }, () => shuffled(KINDS, random));
  return rounds.flat().slice(0, FAULTS);
}

const shown = (counts: object): string => JSON.stringify(counts).replaceAll(",", ", ");

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const places = items.map((item) => ({ item, place: random() }));
  return places.sort((a, b) => a.place - b.place).map(({ item }) => item);
}

const isNetworkFault = (kind: Kind): kind is NetworkFault => (NETWORK_FAULTS as readonly Kind[]).includes(kind);

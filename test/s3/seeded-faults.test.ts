import { describe, expect, it, vi } from "vitest";
import { CairnError, type Outcome, RunOwnedError, StaleOwnerError } from "../../src/core/errors.js";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import type { S3CheckpointStore } from "../../src/s3/index.js";
import { bytesOf, holds, record } from "../../src/testing/checkpoint-store-support.js";
import { below, fromEnvironment, seeded } from "../faults/seeded.js";
import type { S3Fault, S3Server } from "../servers/s3.js";
import { startServer, storeOn } from "./support.js";

// No waiting between attempts.
vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

const FAULTS = fromEnvironment("CAIRN_S3_FAULTS", 100);
const SEED = fromEnvironment("CAIRN_SEED", 1);

const KINDS: readonly S3Fault[] = [
  { kind: "status", status: 503, code: "SlowDown" },
  { kind: "status", status: 500, code: "InternalError" },
  { kind: "status", status: 500, code: "InternalError", after: true },
  { kind: "status", status: 409, code: "ConditionalRequestConflict" },
  { kind: "reset" },
  { kind: "reset", after: true },
  { kind: "stall" },
  { kind: "stall", after: true },
  { kind: "truncate" },
];

/** Lets requests fail by chance, alone or for a while. Counts how often each sort of fault fired. */
class Weather {
  readonly fired = new Map<string, number>();
  total = 0;
  isCalm = false;
  #left = 0;
  #fault: S3Fault | null = null;

  constructor(
    server: S3Server,
    private readonly random: () => number,
  ) {
    server.fault = () => this.#next();
  }

  #next(): S3Fault | null {
    if (this.isCalm) return null;
    if (this.#left === 0) {
      if (this.total >= FAULTS || this.random() > 0.15) return null;
      this.#fault = KINDS[below(this.random, KINDS.length)] as S3Fault;
      this.#left = this.random() < 0.3 ? 5 + below(this.random, 15) : 1;
    }
    this.#left--;
    const fault = this.#fault as S3Fault;
    const name = `${fault.kind === "status" ? fault.status : fault.kind}${"after" in fault ? " after" : ""}`;
    this.fired.set(name, (this.fired.get(name) ?? 0) + 1);
    this.total++;
    return fault;
  }
}

/** Proves that the steps of a journal are those that were confirmed. */
async function checkJournal(store: S3CheckpointStore, seq: number, said: Ledger): Promise<void> {
  const found = await store.readJournal("r1", seq);
  agree(
    found.map((bytes) => Buffer.from(bytes).toString()),
    said,
  );
}

/** What was said of each thing that was asked for. */
class Ledger {
  readonly #said = new Map<string, Outcome>();

  /** Does something, and notes what is said of it. */
  async note(what: string, action: () => Promise<unknown>): Promise<Outcome> {
    const outcome = await action().then(
      () => "applied" as const,
      (error: unknown) => {
        if (error instanceof CairnError) return error.outcome;
        throw error;
      },
    );
    this.#said.set(what, outcome);
    return outcome;
  }

  named(outcome: Outcome): string[] {
    return [...this.#said].flatMap(([what, said]) => (said === outcome ? [what] : []));
  }
}

/** All that was confirmed is found, in order; what was denied is not; nothing twice. */
function agree(found: readonly string[], said: Ledger): void {
  expect(new Set(found).size, "nothing is there twice").toBe(found.length);
  const known = said.named("applied");
  expect(
    found.filter((what) => known.includes(what)),
    "what was confirmed",
  ).toEqual(known);
  const maybe = said.named("unknown");
  expect(
    found.filter((what) => !known.includes(what) && !maybe.includes(what)),
    "what was denied",
  ).toEqual([]);
}

describe("a run on a server that fails by chance", () => {
  it(`loses and doubles nothing over ${FAULTS} faults, and is told the truth`, { timeout: 120_000 + FAULTS * 500 }, async () => {
    const random = seeded(SEED);
    const server = await startServer({ pageSize: 10 });
    const stores = Array.from({ length: 3 }, () => storeOn(server, { requestTimeoutMs: 60 }));
    const weather = new Weather(server, random);
    const [checkpoints, steps] = [new Ledger(), new Map<number, Ledger>()];
    let writer: RunWriter | null = null;
    let journal: Journal | null = null;
    let journalSeq = 0;
    let seq = 0;
    let rounds = 0;
    while (weather.total < FAULTS) {
      rounds++;
      if (writer === null || random() < 0.1) {
        const store = stores[below(random, stores.length)] as S3CheckpointStore;
        writer = await store.acquire("r1", { takeOver: true }).catch(passing);
        journal = null;
        continue;
      }
      const owner: RunWriter = writer;
      seq++;
      const given = record("r1", seq, `c${seq}`, bytesOf(`blob of ${seq}`), bytesOf("shared"));
      await checkpoints.note(given.id, () => owner.put(given).catch((error: unknown) => stale(error, () => (writer = null))));
      if (random() < 0.3) {
        const [begun, before] = [seq, steps.get(journalSeq)];
        weather.isCalm = true;
        if (journal !== null && before !== undefined) await checkJournal(stores[0] as S3CheckpointStore, journalSeq, before);
        weather.isCalm = false;
        journal = await owner.beginJournal(begun).catch(passing);
        if (journal !== null) journalSeq = begun;
        steps.set(begun, new Ledger());
      }
      const [current, ledger] = [journal, steps.get(journalSeq)];
      if (current === null || ledger === undefined) continue;
      const appended = Array.from({ length: 1 + below(random, 3) }, (_, n) => `${seq}/${n}`);
      await Promise.all(appended.map((text) => ledger.note(text, () => current.append(bytesOf(text)))));
    }
    server.fault = null;
    const reader = storeOn(server);
    const found = await reader.list("r1");
    agree(
      found.map(({ id }) => id),
      checkpoints,
    );
    for (const key of found) await holds(reader, record("r1", key.seq, key.id, bytesOf(`blob of ${key.seq}`), bytesOf("shared")));
    for (const key of found) expect(await reader.find(key.id)).toEqual(key);
    const last = steps.get(journalSeq);
    if (journal !== null && last !== undefined) await checkJournal(reader, journalSeq, last);
    const counts = [...weather.fired].map(([kind, count]) => `${kind}: ${count}`).join(", ");
    console.log(
      `seed ${SEED}: ${weather.total} faults fired (${counts}); ${rounds} rounds; checkpoints confirmed ${checkpoints.named("applied").length}, denied ${checkpoints.named("not-applied").length}, unknown ${checkpoints.named("unknown").length}`,
    );
    expect(weather.total).toBeGreaterThanOrEqual(FAULTS);
    expect(checkpoints.named("applied").length).toBeGreaterThan(FAULTS / 20);
  });
});

/** Nothing was made; whether something was is not known. */
function passing(error: unknown): null {
  if (error instanceof CairnError && !(error instanceof RunOwnedError)) return null;
  throw error;
}

function stale(error: unknown, lose: () => void): never {
  if (error instanceof StaleOwnerError) lose();
  throw error;
}

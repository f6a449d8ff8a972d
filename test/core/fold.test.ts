import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GraphPlan } from "../../src/core/graph-plan.js";
import { applyChange } from "../../src/core/run-change.js";
import { RunState } from "../../src/core/run-state.js";
import type { ScopeKey } from "../../src/core/task-spec.js";
import { Driver, planOf, Saver, shapes, shown, takeOut, weathers } from "./fold-model.js";

const RUNS = 200;

function holdsInvariants(driver: Driver): void {
  const { state } = driver;
  const open = [...state.pending(), ...state.running.values()];
  const liveGroups = [...state.groups.values()].filter((group) => group.status === "running");
  const within = (key: ScopeKey | null) => (other: { readonly scope: ScopeKey | null }) =>
    key === null ? other.scope === null : other.scope?.group === key.group && other.scope.member === key.member;
  const count = (key: ScopeKey | null): number => open.filter(within(key)).length + liveGroups.filter(within(key)).length;
  expect(state.root.live).toBe(count(null));
  for (const group of state.groups.values()) {
    for (const [member, { live, status }] of group.members.entries()) {
      expect(live).toBe(count({ group: group.serial, member }));
      if (status !== "running") expect(live).toBe(0);
      if (status === "running") expect(live).toBeGreaterThan(0);
    }
    expect(group.settled).toBe(group.members.filter((member) => member.status !== "running").length);
    expect(group.failures).toBe(group.members.filter((member) => member.status === "failed").length);
  }
  const serials = [...open, ...state.failed.values(), ...state.groups.values()].map((one) => one.serial);
  expect(new Set(serials).size).toBe(serials.length);
  for (const { scope } of [...open, ...liveGroups]) if (scope) expect(state.groups.get(scope.group)?.status).toBe("running");
}

function isNotStuck({ state }: Driver): void {
  if (state.status !== "running") return;
  expect(state.ready.size + state.delayed.size + state.running.size).toBe(0);
  expect(state.root.live).toBe(0);
  expect(state.root.joins?.size ?? 0).toBe(0);
  expect(state.groups.size).toBe(0);
}

function runToEnd(driver: Driver, after: (driver: Driver) => void = () => {}): void {
  while (driver.tick()) after(driver);
}

const replayed = (plan: GraphPlan, { state, changes }: Driver): RunState => {
  const fresh = new RunState(state.runId, state.start, state.seed);
  for (const change of changes) {
    if (change.kind === "started") takeOut(fresh, change.spec.serial);
    applyChange(fresh, change);
  }
  expect(shown(plan, fresh)).toEqual(shown(plan, state));
  return fresh;
};

describe("a run as a fold of its changes", () => {
  it("keeps its invariants at every step and comes to an end", () => {
    fc.assert(
      fc.property(shapes, weathers, (shape, weather) => {
        const driver = new Driver(planOf(shape), weather);
        driver.begin();
        runToEnd(driver, holdsInvariants);
        isNotStuck(driver);
      }),
      { numRuns: RUNS },
    );
  });

  it("comes out the same when its changes are replayed on a fresh state", () => {
    fc.assert(
      fc.property(shapes, weathers, (shape, weather) => {
        const plan = planOf(shape);
        const driver = new Driver(plan, weather);
        driver.begin();
        runToEnd(driver);
        replayed(plan, driver);
      }),
      { numRuns: RUNS },
    );
  });

  it("comes back equal from its texts at any step, and then ends as if it had not been interrupted", () => {
    const seen = { segments: 0, merges: 0, backlogs: 0 };
    fc.assert(
      fc.property(shapes, weathers, fc.integer({ min: 1, max: 9 }), (shape, weather, period) => {
        const plan = planOf(shape);
        const straight = new Driver(plan, weather);
        straight.begin();
        let resumed = new Driver(plan, weather);
        let saver = new Saver(resumed.state);
        resumed.begin();
        for (let tick = 1, most = 0; straight.tick(); tick++) {
          resumed.tick();
          if (tick % period !== 0) continue;
          const before = shown(plan, resumed.state, true);
          const { state, saver: next, segments } = saver.restore();
          if (state.ready.backlog !== null) seen.backlogs++;
          expect(shown(plan, state)).toEqual(before);
          if (segments < most) seen.merges++;
          most = segments;
          seen.segments = Math.max(seen.segments, segments);
          saver = next;
          resumed = new Driver(plan, weather, state, resumed.now);
        }
        expect(resumed.tick()).toBe(false);
        expect(withoutAttempts(shown(plan, resumed.state, true))).toEqual(withoutAttempts(shown(plan, straight.state, true)));
      }),
      { numRuns: RUNS },
    );
    expect(seen.segments).toBeGreaterThan(2);
    expect(seen.merges).toBeGreaterThan(0);
    expect(seen.backlogs).toBeGreaterThan(0);
  });
});

/** Attempts are what a resume changes: a task that was running starts once more. */
const withoutAttempts = (state: unknown): unknown =>
  JSON.parse(JSON.stringify(state, (key, value: unknown) => (key === "attempt" ? undefined : value)));

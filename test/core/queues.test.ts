import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DelayQueue, RingQueue } from "../../src/core/queues.js";

describe("RingQueue", () => {
  it("gives back what was put in, first in, first out, however it grows and turns", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat() }, { weight: 2, arbitrary: fc.constant(null) }), { maxLength: 300 }),
        (acts) => {
          const queue = new RingQueue<number>();
          const model: number[] = [];
          for (const act of acts) {
            if (act === null) {
              expect(queue.shift()).toBe(model.shift());
            } else {
              queue.push(act);
              model.push(act);
            }
            expect(queue.size).toBe(model.length);
            expect(queue.peek()).toBe(model[0]);
          }
          expect([...queue]).toEqual(model);
        },
      ),
    );
  });
});

describe("DelayQueue", () => {
  it("gives the soonest first, and of those due at one time the one queued first", () => {
    const times = fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat(20) }, { weight: 2, arbitrary: fc.constant(null) }), { maxLength: 200 });
    fc.assert(
      fc.property(times, (acts) => {
        const queue = new DelayQueue<{ readonly availableAt: number; readonly serial: number }>();
        const model: { availableAt: number; serial: number }[] = [];
        for (const [serial, act] of acts.entries()) {
          if (act === null) {
            expect(queue.shift()).toEqual(model.shift());
          } else {
            queue.push({ availableAt: act, serial });
            model.push({ availableAt: act, serial });
            model.sort((a, b) => a.availableAt - b.availableAt || a.serial - b.serial);
          }
          expect(queue.size).toBe(model.length);
          expect(queue.peek()).toEqual(model[0]);
        }
        expect([...queue]).toHaveLength(model.length);
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import {
  DuplicateIdError,
  IncompatibleCheckpointError,
  InvalidIdError,
  InvalidOptionError,
  NotSerializableError,
} from "../../../src/core/errors.js";
import { capture, registerCodec, StoredValue } from "../../../src/core/serialize/index.js";

class Money {
  #cents: number;
  constructor(
    cents: number,
    readonly notes: Map<string, unknown> = new Map(),
  ) {
    this.#cents = cents;
  }
  get cents(): number {
    return this.#cents;
  }
}
const moneyCodec = {
  name: "test.Money",
  to: (money: Money) => ({ cents: money.cents, notes: money.notes }),
  from: (plain: { cents: number; notes: Map<string, unknown> }) => new Money(plain.cents, plain.notes),
};
registerCodec(Money, moneyCodec);

class Odd {
  constructor(readonly what: unknown) {}
}
registerCodec(Odd, { name: "test.Odd", to: (odd) => odd.what, from: (what) => new Odd(what) });

describe("an instance of a registered class", () => {
  it("comes back as one, also inside Maps and inside itself", () => {
    const inner = new Money(2, new Map([["at", new Date(7)]]));
    const stored = capture(
      {
        m: new Map([
          [
            "k",
            new Money(
              1,
              new Map<string, unknown>([
                ["inner", inner],
                ["big", 1n],
              ]),
            ),
          ],
        ]),
      },
      "value",
    );
    const read = StoredValue.fromText(stored.text()).read() as { m: Map<string, Money> };
    const money = read.m.get("k") as Money;
    expect(money).toBeInstanceOf(Money);
    expect(money.cents).toBe(1);
    expect(money.notes.get("big")).toBe(1n);
    expect((money.notes.get("inner") as Money).cents).toBe(2);
    expect((money.notes.get("inner") as Money).notes.get("at")).toMatchObject(new Date(7));
  });

  it("is frozen, and so is what its codec was given", () => {
    const read = capture(new Money(1, new Map([["a", [1]]])), "value").read() as Money;
    expect(() => {
      (read as { notes: unknown }).notes = 1;
    }).toThrow(TypeError);
    expect(() => read.notes.set("b", 1)).toThrow(TypeError);
    expect(() => (read.notes.get("a") as number[]).push(2)).toThrow(TypeError);
  });

  it("is refused with its path if its codec gives what cannot be stored, or throws", () => {
    expect(() => capture({ o: [new Odd({ f: () => 1 })] }, "value")).toThrow("value.o[0].f: function;");
    const odd = new Odd(1);
    Object.defineProperty(odd, "what", {
      get: () => {
        throw new Error("broken");
      },
    });
    expect(() => capture({ odd }, "value")).toThrow(/^value\.odd: to\(\) of codec "test\.Odd" threw/);
    const self: { what: unknown } = new Odd(1);
    self.what = [self];
    expect(() => capture(self, "value")).toThrow(NotSerializableError);
  });

  it("names its codec when that is missing or broken at reading", () => {
    const text = capture(new Odd(1), "value").text();
    const read =
      (to: string): (() => unknown) =>
      () =>
        StoredValue.fromText(text.replace("class:test.Odd", to));
    expect(read("class:test.Gone")).toThrow(IncompatibleCheckpointError);
    expect(read("class:test.Gone")).toThrow(/no codec "test\.Gone" is registered; call registerCodec/);
    class Liar {}
    registerCodec(Liar, { name: "test.Liar", to: () => 1, from: () => ({}) });
    expect(read("class:test.Liar")).toThrow(/gave no instance of its class/);
    class Thrower {}
    registerCodec(Thrower, {
      name: "test.Thrower",
      to: () => 1,
      from: () => {
        throw new Error("no");
      },
    });
    expect(read("class:test.Thrower")).toThrow(IncompatibleCheckpointError);
  });
});

describe("registerCodec", () => {
  it("may be called again for the same class and name", () => {
    expect(() => registerCodec(Money, moneyCodec)).not.toThrow();
  });

  it("refuses a name of another class, a second name, a bad name and what is no class", () => {
    class Other {}
    const codec = (name: string) => ({ name, to: () => 1, from: () => new Other() });
    expect(() => registerCodec(Other, codec("test.Money"))).toThrow(DuplicateIdError);
    expect(() => registerCodec(Money, { ...moneyCodec, name: "test.Money2" })).toThrow(DuplicateIdError);
    for (const name of ["", "a b", "__proto__", "class:x", "x".repeat(129)])
      expect(() => registerCodec(Other, codec(name))).toThrow(InvalidIdError);
    expect(() => registerCodec((() => 1) as never, codec("test.X"))).toThrow(InvalidOptionError);
    expect(() => registerCodec(Date, { name: "test.Date", to: Number, from: (time: number) => new Date(time) })).toThrow(
      InvalidOptionError,
    );
    expect(() => registerCodec(Other, { name: "test.X" } as never)).toThrow(InvalidOptionError);
  });

  it("keeps one registry for all copies of the package", () => {
    const registry = (globalThis as Record<symbol, unknown>)[Symbol.for("cairnflow.codecs/1")] as { byName: Map<string, unknown> };
    expect(registry.byName.has("test.Money")).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { capture, StoredValue } from "../../../src/core/serialize/index.js";

type Any = Record<string, unknown[]> & { deep: { list: number[]; text: string } };

describe("what is read", () => {
  it("is frozen throughout, so that changing it in place throws", () => {
    for (const extra of [0, undefined, new Date(1)]) {
      const stored = capture({ deep: { list: [1], text: "a" }, extra }, "value");
      for (const read of [stored.read(), StoredValue.fromText(stored.text()).read()] as Any[]) {
        expect(() => read.deep.list.push(2)).toThrow(TypeError);
        expect(() => {
          read.deep.text = "b";
        }).toThrow(TypeError);
        expect(() => {
          read["more"] = [];
        }).toThrow(TypeError);
      }
    }
  });

  it("refuses changes of Maps, Sets, Dates and Errors", () => {
    const stored = capture(
      { map: new Map([[{ k: 1 }, [1]]]), set: new Set([1]), date: new Date(1), error: new Error("e", { cause: { a: 1 } }) },
      "value",
    );
    const read = stored.read() as { map: Map<{ k: number }, number[]>; set: Set<number>; date: Date; error: Error };
    expect(() => read.map.set({ k: 2 }, [])).toThrow(/frozen: copy it/);
    expect(() => read.map.clear()).toThrow(TypeError);
    expect(() => [...read.map.values()][0]?.push(1)).toThrow(TypeError);
    expect(() => {
      ([...read.map.keys()][0] as { k: number }).k = 5;
    }).toThrow(TypeError);
    expect(() => read.set.add(2)).toThrow(TypeError);
    expect(() => read.set.delete(1)).toThrow(TypeError);
    expect(() => read.date.setFullYear(1)).toThrow(TypeError);
    expect(() => {
      read.error.message = "f";
    }).toThrow(TypeError);
    expect(() => {
      (read.error.cause as { a: number }).a = 2;
    }).toThrow(TypeError);
    expect(new Map(read.map).set({ k: 3 }, []).size).toBe(2);
  });

  it("is one object for all readers, unless it has parts that can change: then each has a copy", () => {
    const shared = capture({ a: [1n], b: undefined }, "value");
    expect(shared.read()).toBe(shared.read());
    const bytes = capture({ b: Buffer.from("abc"), r: /a/g }, "value");
    const first = bytes.read() as { b: Buffer; r: RegExp };
    first.b[0] = 0;
    first.r.exec("xa");
    expect(bytes.read()).toStrictEqual({ b: Buffer.from("abc"), r: /a/g });
  });

  it("is untouched by later changes of what was captured", () => {
    const bytes = new Uint8Array([1, 2]);
    const source = { list: [1, { a: 1 }], map: new Map([["k", [1]]]), bytes, date: new Date(1) };
    const plain = { list: [1, { a: 1 }] };
    const [storedSource, storedPlain] = [capture(source, "value"), capture(plain, "value")];
    source.list.push(2);
    source.map.get("k")?.push(2);
    bytes[0] = 9;
    source.date.setTime(2);
    (plain.list[1] as { a: number }).a = 2;
    expect(storedSource.read()).toMatchObject({ list: [1, { a: 1 }], bytes: new Uint8Array([1, 2]), date: new Date(1) });
    expect((storedSource.read() as typeof source).map.get("k")).toStrictEqual([1]);
    expect(storedPlain.read()).toStrictEqual({ list: [1, { a: 1 }] });
  });

  it("leaves what was captured as it was: not frozen", () => {
    const source = { a: [1], b: new Map([[1, { c: 1 }]]) };
    capture(source, "value").read();
    source.a.push(2);
    source.b.set(2, { c: 2 });
    expect(Object.isFrozen(source.b.get(1))).toBe(false);
  });
});

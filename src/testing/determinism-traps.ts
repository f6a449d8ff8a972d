import nodeCrypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timerPromises from "node:timers/promises";

/** Is told of a call, and of what is to be called instead; may throw. */
export type OnCall = (call: string, replacement: string) => void;

/** A place from which time or chance comes. */
interface Trap {
  set(onCall: OnCall): () => void;
}

/** Frames of Node's own code: what it calls by itself is no doing of a body. */
const OF_NODE = /\((?:node:|internal\/)|at (?:node:|internal\/)/;

function methodTrap(owner: object, key: string, call: string, replacement: string): Trap {
  return {
    set(onCall) {
      const before = Object.getOwnPropertyDescriptor(owner, key);
      const original = Reflect.get(owner, key) as (...args: unknown[]) => unknown;
      const trapped = function (this: unknown, ...args: unknown[]): unknown {
        if (!isOfNode(trapped)) onCall(call, replacement);
        return Reflect.apply(original, this, args);
      };
      const marks = Object.getOwnPropertyDescriptors(original);
      Object.defineProperties(trapped, { ...marks, prototype: { value: undefined, writable: true } });
      Object.defineProperty(owner, key, { value: trapped, configurable: true, writable: true, enumerable: before?.enumerable ?? true });
      return () => {
        if (before === undefined) Reflect.deleteProperty(owner, key);
        else Object.defineProperty(owner, key, before);
      };
    },
  };
}

/** `new Date()`, `Date()` and `Date.now()`; a date made of something is none of our business. */
const DATE: Trap = {
  set(onCall) {
    const original = globalThis.Date;
    const now = (): number => {
      if (!isOfNode(now)) onCall("Date.now()", "ctx.now()");
      return original.now();
    };
    const trapped: DateConstructor = new Proxy(original, {
      get: (target, key) => (key === "now" ? now : Reflect.get(target, key, target)),
      apply: (target) => {
        onCall("Date()", "new Date(ctx.now())");
        return target();
      },
      construct(target, args: unknown[], newTarget) {
        if (args.length === 0) onCall("new Date()", "new Date(ctx.now())");
        return Reflect.construct(target, args, newTarget === trapped ? target : newTarget) as object;
      },
    });
    globalThis.Date = trapped;
    return () => {
      globalThis.Date = original;
    };
  },
};

function isOfNode(below: (...args: never[]) => unknown): boolean {
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, below);
  return OF_NODE.test(place.stack?.split("\n")[1] ?? "");
}

const TRAPS: readonly Trap[] = [
  DATE,
  methodTrap(Math, "random", "Math.random()", "ctx.random()"),
  methodTrap(globalThis.performance, "now", "performance.now()", "ctx.now()"),
  methodTrap(globalThis.crypto, "getRandomValues", "crypto.getRandomValues()", "ctx.random()"),
  ...[globalThis.crypto, nodeCrypto].map((owner) => methodTrap(owner, "randomUUID", "crypto.randomUUID()", "ctx.uuid()")),
  ...["randomBytes", "randomInt"].map((name) => methodTrap(nodeCrypto, name, `crypto.${name}()`, "ctx.random()")),
  ...[globalThis, timers, timerPromises].flatMap((owner) =>
    ["setTimeout", "setInterval"].map((name) => methodTrap(owner, name, `${name}()`, "ctx.sleep()")),
  ),
];

/** Has `onCall` told of every call that gives time or chance, or sets a timer. Returns how to put back what was there. */
export function setTraps(onCall: OnCall): () => void {
  const restore: (() => void)[] = [];
  const putBack = (): void => {
    for (const one of restore.toReversed()) one();
    syncBuiltinESMExports();
  };
  try {
    for (const trap of TRAPS) restore.push(trap.set(onCall));
  } catch (error) {
    putBack();
    throw error;
  }
  syncBuiltinESMExports();
  return putBack;
}

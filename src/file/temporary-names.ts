import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Names of temporary files tell who made them: machine, boot, process namespace, process, its start (a process id is
 * used again), the copy of this module (a worker thread has its own) and a counter.
 */
const NAME = /^([0-9a-f]{6})-([0-9a-f]{6})-([0-9a-f]{6})-(\d{1,10})-(\d{1,20})-([0-9a-f]{8})-(\d{1,16})$/;

/** For how long a process that cannot be seen from here, as in another container, is taken to be alive after it was last heard of. */
export const LEASE_MS = 30_000;

interface Self {
  readonly host: string;
  readonly boot: string;
  readonly namespace: string;
  readonly start: string;
  readonly copy: string;
}

let known: Self | null = null;
const inUse = new Set<string>();
let count = 0;

function self(): Self {
  known ??= {
    host: shortHash(hostname()),
    boot: shortHash(textOf(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"))),
    namespace: shortHash(textOf(() => readlinkSync("/proc/self/ns/pid"))),
    start: startOf(process.pid) ?? "0",
    copy: randomBytes(4).toString("hex"),
  };
  return known;
}

/** A name that no one else has, taken until `giveBack`. */
export function takeName(): string {
  const { host, boot, namespace, start, copy } = self();
  const name = [host, boot, namespace, process.pid, start, copy, ++count].join("-");
  inUse.add(name);
  return name;
}

/** Says that what has this name is done with: if it is still there, it is rubbish. */
export function giveBack(name: string): void {
  inUse.delete(name);
}

export const isTemporaryName = (name: string): boolean => NAME.test(name);

/** Who made a temporary name, for messages. */
export function describeMaker(name: string): string {
  const [, host, , , pid] = NAME.exec(name) ?? [];
  return `process ${pid} on host ${host}`;
}

/** Whether whoever made a temporary name may still be at work; `silentMs` tells how long ago it was last heard of. */
export function isInUse(name: string, silentMs: () => number): boolean {
  const [, itsHost, itsBoot, itsNamespace, pid, start, itsCopy] = NAME.exec(name) ?? [];
  const { host, boot, namespace, copy } = self();
  if (itsHost !== host) return silentMs() < LEASE_MS;
  if (itsBoot !== boot) return false;
  if (itsNamespace !== namespace) return silentMs() < LEASE_MS;
  if (itsCopy === copy) return inUse.has(name);
  return isAlive(Number(pid), String(start));
}

function isAlive(pid: number, start: string): boolean {
  if (process.platform === "linux") return startOf(pid) === start;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When a process started, in ticks since the boot; `null` if there is none, or only one that has died. */
function startOf(pid: number): string | null {
  const status = textOf(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // The name of the program is in brackets and may hold anything: what follows the last bracket is numbered from 3.
  const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 6);
}

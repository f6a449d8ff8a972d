import { type ChildProcess, execFile, type SpawnOptions, spawn } from "node:child_process";
import { promisify } from "node:util";
import { debianProgram } from "./debian-program.js";

const run = promisify(execFile);

/** Set to 1 where no hosts can be made, so that the tests that need some are skipped. */
export const withoutHosts = process.env["CAIRNFLOW_TEST_WITHOUT_HOSTS"] === "1";

const MARK = "cairnflow-test";
const SWITCH = "switch";

/** Ends with 0 if something listens at an address: host, port. */
const KNOCK = `require("node:net").connect(Number(process.argv[2]), process.argv[1])
  .on("connect", () => process.exit(0)).on("error", () => process.exit(1)).setTimeout(1000, () => process.exit(1))`;

/**
 * Hosts with a network between them, on this machine: namespaces of Linux, joined by a switch in one more. None of it can be seen or
 * reached from elsewhere. It takes root, and the program `ip` of the package iproute2.
 */
export class TestHosts {
  readonly #names: readonly string[];
  readonly #processes = new Set<ChildProcess>();

  private constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Throws if this machine lets nobody make them. */
  static async start(names: readonly string[]): Promise<TestHosts> {
    const hosts = new TestHosts(names);
    try {
      await debianProgram("ip", "iproute2");
      await sweep();
      await hosts.#build();
    } catch (cause) {
      await hosts.stop();
      const why = cause instanceof Error ? cause.message.trim() : String(cause);
      throw new Error(
        `no hosts for the tests (${why}): install iproute2 and be root, with the right to make network namespaces; CAIRNFLOW_TEST_WITHOUT_HOSTS=1 skips these tests.`,
        { cause },
      );
    }
    return hosts;
  }

  addressOf(name: string): string {
    return `10.83.0.${this.#names.indexOf(name) + 1}`;
  }

  /** Starts a program on a host; it is killed with the hosts. */
  spawn(name: string, [program = "", ...args]: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn("ip", ["netns", "exec", namespaceOf(name), program, ...args], options);
    this.#processes.add(child);
    child.once("exit", () => this.#processes.delete(child));
    return child;
  }

  /** Takes the link of a host down, at both of its ends. Nobody is told: what is sent gets lost. */
  async cut(name: string): Promise<void> {
    await this.#setLink(name, "down");
  }

  async restore(name: string): Promise<void> {
    await this.#setLink(name, "up");
  }

  /** Whether something that listens on another host can be connected to. */
  async reaches(name: string, other: string, port: number): Promise<boolean> {
    const knock = [process.execPath, "-e", KNOCK, this.addressOf(other), String(port)];
    return run("ip", ["netns", "exec", namespaceOf(name), ...knock]).then(
      () => true,
      () => false,
    );
  }

  /** How many segments the kernel of a host has sent again, as nobody had confirmed them. */
  async retransmitted(name: string): Promise<number> {
    const { stdout } = await run("ip", ["netns", "exec", namespaceOf(name), "cat", "/proc/net/snmp"]);
    const [names = "", values = ""] = stdout.split("\n").filter((line) => line.startsWith("Tcp:"));
    return Number(values.split(" ")[names.split(" ").indexOf("RetransSegs")]);
  }

  /** Ends all that runs on them, and removes them. */
  async stop(): Promise<void> {
    const ended = [...this.#processes].map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of this.#processes) child.kill("SIGKILL");
    await Promise.all(ended);
    for (const name of [...this.#names, SWITCH]) await ip("netns", "del", namespaceOf(name)).catch(() => {});
  }

  async #build(): Promise<void> {
    await ip("netns", "add", namespaceOf(SWITCH));
    await on(SWITCH, "link", "add", "name", SWITCH, "type", "bridge");
    await on(SWITCH, "link", "set", "dev", SWITCH, "up");
    for (const name of this.#names) await this.#plugIn(name);
  }

  async #plugIn(name: string): Promise<void> {
    await ip("netns", "add", namespaceOf(name));
    await on(SWITCH, "link", "add", "name", name, "type", "veth", "peer", "name", "eth0", "netns", namespaceOf(name));
    await on(SWITCH, "link", "set", "dev", name, "master", SWITCH);
    await on(name, "address", "add", `${this.addressOf(name)}/24`, "dev", "eth0");
    await on(name, "link", "set", "dev", "lo", "up");
    await this.#setLink(name, "up");
  }

  async #setLink(name: string, state: "up" | "down"): Promise<void> {
    await on(name, "link", "set", "dev", "eth0", state);
    await on(SWITCH, "link", "set", "dev", name, state);
  }
}

/** Namespaces bear the process that has made them. */
const namespaceOf = (name: string): string => `${MARK}-${process.pid}-${name}`;

const ip = (...args: readonly string[]): Promise<unknown> => run("ip", args);
const on = (name: string, ...args: readonly string[]): Promise<unknown> => ip("-n", namespaceOf(name), ...args);

/** Removes what processes have left that were killed in the middle. */
async function sweep(): Promise<void> {
  const { stdout } = await run("ip", ["netns", "list"]);
  for (const [name, pid] of stdout.matchAll(new RegExp(`^${MARK}-(\\d+)-\\w+`, "gm"))) {
    if (!isAlive(Number(pid))) await ip("netns", "del", name).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

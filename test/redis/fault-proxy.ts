import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What may happen to a script on its way between a client and the server. */
const FAULTS = {
  /** The connection breaks before the server has got it. */
  drop: async ({ client, server }: Pair) => {
    client.resetAndDestroy();
    server.destroy();
  },
  /** The connection breaks when the server has got half of it. */
  tear: async ({ client, server }: Pair, chunk: Buffer) => {
    server.end(chunk.subarray(0, chunk.length >> 1));
    client.resetAndDestroy();
  },
  /** The server has done it, and the connection breaks instead of the answer. */
  "lose-answer": async ({ client, server }: Pair, chunk: Buffer) => {
    server.pause();
    server.write(chunk);
    await new Promise((resolve) => server.once("readable", resolve));
    client.resetAndDestroy();
    server.destroy();
  },
  /** The server has done it, and its answer does not come. */
  stall: async ({ client, server }: Pair, chunk: Buffer) => {
    server.pause();
    server.write(chunk);
    await new Promise((resolve) => client.once("close", resolve));
    server.destroy();
  },
  /** The connection breaks, and the server gets it when it has long been asked again. */
  late: async ({ client, server }: Pair, chunk: Buffer, lateMs: number) => {
    client.resetAndDestroy();
    await delay(lateMs);
    server.write(chunk);
    await new Promise((resolve) => server.once("data", resolve));
    server.destroy();
  },
};

export type NetworkFault = keyof typeof FAULTS;
export const NETWORK_FAULTS = Object.keys(FAULTS) as readonly NetworkFault[];

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Whether a fault has this connection in its hands. */
  isFaulty: boolean;
}

/** Stands between clients and a server on this machine, and does to the next script what it is told to. */
export class FaultProxy {
  readonly fired = new Map<NetworkFault, number>();
  #armed: { readonly fault: NetworkFault; readonly lateMs: number; skip: number; readonly done: () => void } | null = null;
  #isAway = false;
  readonly #pairs = new Set<Pair>();
  readonly #ongoing = new Set<Promise<void>>();

  private constructor(
    private readonly listener: Server,
    private readonly target: number,
  ) {
    listener.on("connection", (client) => this.#join(client));
  }

  static async start(target: number): Promise<FaultProxy> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return new FaultProxy(listener, target);
  }

  get url(): string {
    const address = this.listener.address();
    return `redis://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  /** The next script meets this fault, or the one after so many others. Resolves when it has, and the fault is over. */
  arm(fault: NetworkFault, skip = 0, lateMs = 0): Promise<void> {
    return new Promise((done) => (this.#armed = { fault, lateMs, skip, done }));
  }

  /** Breaks all connections and makes no more of them, until it is back. */
  goAway(): void {
    this.#isAway = true;
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  comeBack(): void {
    this.#isAway = false;
  }

  /** Resolves when what comes late has come. */
  async settled(): Promise<void> {
    await Promise.all(this.#ongoing);
  }

  stop(): void {
    this.goAway();
    this.listener.close();
  }

  #join(client: Socket): void {
    if (this.#isAway) return void client.resetAndDestroy();
    const pair: Pair = { client, server: connect(this.target, "127.0.0.1"), isFaulty: false };
    this.#pairs.add(pair);
    for (const socket of [client, pair.server]) socket.setNoDelay(true).on("error", () => {});
    client.on("data", (chunk) => this.#forward(pair, chunk));
    client.on("close", () => {
      this.#pairs.delete(pair);
      if (!pair.isFaulty) pair.server.destroy();
    });
    pair.server.on("data", (chunk) => client.write(chunk));
    pair.server.on("close", () => client.destroy());
  }

  #forward(pair: Pair, chunk: Buffer): void {
    const armed = this.#armed;
    if (pair.isFaulty) return;
    const isScript = /\r\neval(sha)?\r\n/.test(chunk.toString("latin1", 0, 64));
    if (armed === null || !isScript || armed.skip-- > 0) return void pair.server.write(chunk);
    this.#armed = null;
    pair.isFaulty = true;
    this.fired.set(armed.fault, (this.fired.get(armed.fault) ?? 0) + 1);
    const fault = Promise.race([
      FAULTS[armed.fault](pair, chunk, armed.lateMs),
      new Promise<void>((resolve) => pair.server.once("close", () => resolve())),
    ]);
    this.#ongoing.add(fault);
    void fault.finally(() => {
      this.#ongoing.delete(fault);
      armed.done();
    });
  }
}

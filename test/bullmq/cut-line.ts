import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterwards } from "../redis/support.js";

/** Stands between clients and a server on this machine, and can be cut. Closed after the test. */
export class CutLine {
  readonly fired = { resets: 0, silences: 0, connections: 0 };
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isSilent = false;

  private constructor(
    private readonly listener: Server,
    port: number,
  ) {
    listener.on("connection", (client) => this.#join(client, connect(port, "127.0.0.1")));
  }

  static async start(url: string): Promise<CutLine> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const line = new CutLine(listener, Number(new URL(url).port));
    afterwards(() => {
      line.reset();
      listener.close();
    });
    return line;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.listener.address() as { readonly port: number }).port}`;
  }

  /** Breaks all connections. */
  reset(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
    this.fired.resets++;
  }

  /** Nothing gets through for a while, and nobody is told; then all connections are found to be broken. */
  async silence(ms: number): Promise<void> {
    this.#isSilent = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
    await delay(ms);
    this.#isSilent = false;
    this.fired.silences++;
    this.reset();
  }

  #join(client: Socket, server: Socket): void {
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    this.fired.connections++;
    client.pipe(server);
    server.pipe(client);
    for (const [one, other] of [pair, [server, client]] as const) {
      one.on("error", () => {});
      one.on("close", () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
      if (this.#isSilent) one.pause();
    }
  }
}

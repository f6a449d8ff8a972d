/** The call of an ioredis `Redis` or `Cluster` that is made, so that one of yours can be used. */
export interface RedisClient {
  /** Sends a command; resolves to the reply, with its texts as buffers. */
  callBuffer(command: string, args: (string | Buffer)[]): Promise<unknown>;
  /** Read for messages only: host, port and db, never user or password. */
  readonly options?: object;
}

import { isPassingReply } from "./client-faults.js";
import type { RedisLike } from "./connection.js";
import { type Letter, letterFields } from "./letter.js";
import { PerTurn } from "./per-turn.js";
import { boxKey, type QueuePlace } from "./queue-names.js";

interface Posting {
  readonly to: string;
  readonly letter: Letter;
  readonly resolve: (arrived: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** After how long letters are sent again that a server would not take for the moment. */
const AGAIN_MS = 200;

/** Sends letters: those of one turn of the loop together, in order. */
export class Outbox {
  readonly #postings = new PerTurn<Posting>((postings) => this.#send(postings));

  constructor(
    private readonly client: RedisLike,
    private readonly place: QueuePlace,
  ) {}

  /** Resolves to whether there is somebody to read it. Waits for a server that is away; rejects if it refuses. */
  post(to: string, letter: Letter): Promise<boolean> {
    return new Promise((resolve, reject) => this.#postings.add({ to, letter, resolve, reject }));
  }

  #send(postings: readonly Posting[]): void {
    for (const [to, all] of byBox(postings)) {
      const fields = all.flatMap(({ letter }) => letterFields(letter));
      this.client.call("XADD", boxKey(this.place, to), "NOMKSTREAM", "*", ...fields).then(
        (id) => {
          for (const { resolve } of all) resolve(id !== null);
        },
        (error) => {
          if (isPassingReply(error)) setTimeout(() => this.#send(all), AGAIN_MS);
          else for (const { reject } of all) reject(error);
        },
      );
    }
  }
}

function byBox(postings: readonly Posting[]): Map<string, Posting[]> {
  const boxes = new Map<string, Posting[]>();
  for (const posting of postings) {
    const box = boxes.get(posting.to);
    if (box === undefined) boxes.set(posting.to, [posting]);
    else box.push(posting);
  }
  return boxes;
}

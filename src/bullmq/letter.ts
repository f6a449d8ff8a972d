import { isId } from "../core/ids.js";

const KINDS = ["outcome", "refused", "unserved", "tell", "ask", "answer", "failure", "abort"] as const;

/**
 * What engines and workers write to each other about a job. From a worker: its `outcome`, that it cannot be read (`refused`), that no
 * worker has its code (`unserved`), what its body says (`tell`) and asks (`ask`). From an engine: an `answer`, a `failure` to give one,
 * or that the body should give up (`abort`).
 */
export interface Letter {
  readonly kind: (typeof KINDS)[number];
  readonly job: string;
  /** The box of the sender. */
  readonly from: string;
  /** Counts what a sender says and asks; an answer has the number of its question. */
  readonly no: number;
  readonly text: string;
}

/** The two fields of a letter. */
export const letterFields = ({ kind, job, from, no, text }: Letter): readonly [string, string] => [`${kind} ${job} ${from} ${no}`, text];

/** Reads the fields of a letter, or gives `null` for something else: whoever can write to Redis can put that there. */
export function readLetter(head: string, text: string): Letter | null {
  const [kind, job, from, no, ...rest] = head.split(" ");
  const known = KINDS.find((one) => one === kind);
  const number = Number(no);
  if (known === undefined || job === undefined || job.length > 512 || !isId(from) || rest.length > 0) return null;
  return Number.isSafeInteger(number) ? { kind: known, job, from, no: number, text } : null;
}

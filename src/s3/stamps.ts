import { randomBytes } from "node:crypto";

/** A text that nobody else has. */
export const newToken = (): string => randomBytes(8).toString("hex");

/** Gives names to the objects of one owner, which tell its epoch: those of epochs that are over can be swept. */
export class Stamps {
  #count = 0;
  readonly #token = newToken();

  constructor(private readonly epoch: number) {}

  next(): string {
    return `${this.epoch}-${this.#token}-${++this.#count}`;
  }
}

const STAMP = String.raw`[1-9]\d{0,15}-[0-9a-f]{16}-[1-9]\d{0,15}`;
const WHOLE_STAMP = new RegExp(`^${STAMP}$`);
const STAMP_OF_NAME = new RegExp(`^(?:[0-9a-f]{64}\\.)?(${STAMP})(?:-.*)?$`);
const BLOB_NAME = new RegExp(`^[0-9a-f]{64}(?:\\.${STAMP})?$`);

export const isStamp = (text: string): boolean => WHOLE_STAMP.test(text);
export const isBlobName = (text: string): boolean => BLOB_NAME.test(text);
export const isToken = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

/** The stamp in the name of an object, or `null`. */
export const stampIn = (name: string): string | null => STAMP_OF_NAME.exec(name)?.[1] ?? null;
export const epochOf = (stamp: string): number => Number(stamp.slice(0, stamp.indexOf("-")));

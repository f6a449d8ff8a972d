import { hash32s } from "./hash.js";

/** Numbers that look random and depend on nothing but the key: xoshiro128** by Blackman and Vigna (prng.di.unimi.it). */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(key: string) {
    const [a, b, c, d] = hash32s(key);
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d | 1; // the state must not be all zero
  }

  /** The next number in [0, 1), with 53 random bits. */
  next(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** A version 4 UUID (RFC 9562). */
  uuid(): string {
    const words = [this.#word(), this.#word(), this.#word(), this.#word()];
    const hex = words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
    const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  #word(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result;
  }
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

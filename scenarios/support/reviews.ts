/** What agents review. */
export interface Draft {
  readonly title: string;
  readonly words: number;
}

/** What they say of it. */
export interface Verdict {
  readonly title: string;
  readonly isGood: boolean;
  readonly by: string;
}

/** Where moments stand on a line from `left` to `right`. A run that took no time has a width all the same. */
export class TimeScale {
  readonly spanMs: number;

  constructor(
    readonly startMs: number,
    readonly endMs: number,
    private readonly left: number,
    private readonly right: number,
  ) {
    this.spanMs = Math.max(endMs - startMs, 1);
  }

  x(ms: number): number {
    const part = Math.min(Math.max((ms - this.startMs) / this.spanMs, 0), 1);
    return this.left + part * (this.right - this.left);
  }

  /** The time that one pixel stands for. */
  get pixelMs(): number {
    return this.spanMs / (this.right - this.left);
  }
}

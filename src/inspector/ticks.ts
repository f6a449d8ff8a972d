/** The least step of 1, 2 or 5 times a power of ten that cuts a span into at most so many parts. */
export function niceStep(span: number, parts: number): number {
  const rough = span / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
}

const TIME_STEPS = [15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1_800e3, 3_600e3, 7_200e3, 21_600e3, 43_200e3, 86_400e3];

/** A step in milliseconds that reads well on a clock. */
export function niceTimeStep(spanMs: number, parts: number): number {
  const rough = spanMs / parts;
  if (rough <= 10e3) return niceStep(spanMs, parts);
  return TIME_STEPS.find((step) => step >= rough) ?? Math.ceil(rough / 86_400e3) * 86_400e3;
}

/** The multiples of a step from one end to the other, both included; computed by counting, so that errors do not add up. */
export function multiplesIn(from: number, to: number, step: number): readonly number[] {
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, Math.min(last - first + 1, 100)) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

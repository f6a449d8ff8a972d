/** A flower: its measurements, and which species it is of. */
export interface Row {
  readonly features: readonly number[];
  readonly label: number;
}

/** How well weights do on some rows. */
export interface Score {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** The share of rows whose species is guessed, 0 to 1. */
  readonly accuracy: number;
}

/** Small random weights: for each class one per feature, and a bias. */
export function initialWeights(classes: number, features: number, random: () => number): Float64Array {
  return Float64Array.from({ length: classes * (features + 1) }, () => (random() - 0.5) / 10);
}

/** The probability of each class for a row. */
export function probabilities(weights: Float64Array, { features }: Row): number[] {
  const width = features.length + 1;
  const logits = Array.from({ length: weights.length / width }, (_, of) => {
    const bias = weights[of * width + features.length] as number;
    return features.reduce((sum, value, at) => sum + value * (weights[of * width + at] as number), bias);
  });
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** The weights after one step down the gradient of the mean loss of a batch. */
export function stepped(weights: Float64Array, batch: readonly Row[], learningRate: number): Float64Array {
  const next = weights.slice();
  for (const row of batch) {
    const width = row.features.length + 1;
    const rate = learningRate / batch.length;
    for (const [of, probability] of probabilities(weights, row).entries()) {
      const error = probability - (of === row.label ? 1 : 0);
      for (let at = 0; at < width; at++) {
        const index = of * width + at;
        next[index] = (next[index] as number) - rate * error * (row.features[at] ?? 1);
      }
    }
  }
  return next;
}

/** Loss and accuracy of weights on some rows. */
export function score(weights: Float64Array, rows: readonly Row[]): Score {
  let loss = 0;
  let hits = 0;
  for (const row of rows) {
    const guess = probabilities(weights, row);
    loss -= Math.log(guess[row.label] as number);
    if (guess.indexOf(Math.max(...guess)) === row.label) hits++;
  }
  return { loss: loss / rows.length, accuracy: hits / rows.length };
}

/** The items in an order that `random` decides (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as Item, mixed[last] as Item];
  }
  return mixed;
}

/** The items in batches of at most `size`. */
export function batches<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The slope of the line of least squares through the logarithms: `cost` grows as `size` to the power of this. */
export function exponent(points) {
  const logs = points.map(({ size, cost }) => [Math.log(size), Math.log(cost)]);
  const mean = (place) => logs.reduce((sum, pair) => sum + pair[place], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const along = logs.reduce((sum, pair) => sum + (pair[0] - x) ** 2, 0);
  return logs.reduce((sum, pair) => sum + (pair[0] - x) * (pair[1] - y), 0) / along;
}

/** Three significant digits, with separators for thousands. */
export function short(value) {
  if (value === undefined || !Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

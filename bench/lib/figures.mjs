/** Medians and spreads, and their notation. */

/** A quantile of the values, interpolated. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export const median = (values) => quantile(values, 0.5);

/** The ratios of two series, round by round: what slows down a whole round has no effect on a ratio. */
export const ratios = (values, baseline) =>
  values.map((value, round) => value / baseline[round]);

/** A number with three significant digits. */
export function digits(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** The median, with the quartiles in brackets if they differ. */
export function spread(values) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((q) =>
    digits(quantile(values, q)),
  );
  return low === high ? middle : `${middle} (${low}–${high})`;
}

/** A Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join(
    '\n',
  );
}

/** A target, the measured figure, whether the figure meets the target, and a note on it. */
export const target = (text, figure, met, note = '') => ({
  text,
  figure,
  met,
  note,
});

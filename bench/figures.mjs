/** Medians, spreads, and how they are written. */

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export const median = (values) => quantile(values, 0.5);

/** The ratios of two contenders round by round, so that what slows down a whole round falls out. */
export const paired = (of, to) => of.map((value, round) => value / to[round]);

/** Three digits that matter. */
export function digits(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Median and, in brackets, the quartiles. */
export function spread(values) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((q) =>
    digits(quantile(values, q)),
  );
  return low === high ? middle : `${middle} (${low}–${high})`;
}

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join(
    '\n',
  );
}

/** One figure of the goal: what was to be reached, what was, and `true` where it is within. */
export const goal = (text, figure, reached, remark = '') => ({
  text,
  figure,
  reached,
  remark,
});

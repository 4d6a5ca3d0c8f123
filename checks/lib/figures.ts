/** Figures in messages. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** `3.2 GiB`. */
export function bytes(count: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/** A share of 1 as `4.2 %`, without a fraction from 10 % on. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} %`;
}

/** `27,000`, the same on every machine. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** `a, b and c`. */
export function enumerate(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** So many names are still read. */
const MOST_NAMED = 4;

/** The names in their order, and from the fifth on how many there are: `a, b, c, d and 3 more`. */
export function enumerateFirst(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  const sorted = names.toSorted();
  return enumerate(more > 0 ? [...sorted.slice(0, MOST_NAMED), `${count(more)} more`] : sorted);
}

/** Milliseconds as `0.25 s` or `12 s`. */
export const seconds = (durationMs: number): string => {
  const value = durationMs / 1000;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} s`;
};

const SPANS = [
  [86_400_000, 'days'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** As {@link seconds} up to two minutes; then `12 min`, `7 h` or `3 days`. */
export function span(durationMs: number): string {
  const [unitMs, unit] = SPANS.find(([ms]) => durationMs >= 2 * ms) ?? [0, ''];
  return unitMs === 0 ? seconds(durationMs) : `${count(durationMs / unitMs)} ${unit}`;
}

/** Values, ages and words as people read them, and lines of a width that a terminal has. */
import { formatBytes, formatDuration, formatInstant } from '../model/text.ts';
import { unitOf } from './units.ts';

/** Longer lines are broken where that costs nothing: the width that every terminal has. */
export const WIDTH = 80;

/** A value with its unit, as people write it: `43 %`, `12ms`, `3.2 GiB`, `17`. */
export function formatValue(reading: string, value: number): string {
  switch (unitOf(reading)) {
    case 'ratio':
      return `${number(value * 100)} %`;
    case 'seconds':
      return Math.abs(value) < 1
        ? `${number(value * 1000)}ms`
        : Math.abs(value) < 60
          ? `${number(value)}s`
          : formatDuration(value * 1000);
    case 'bytes':
      return formatBytes(value);
    case 'celsius':
      return `${number(value)} °C`;
    default:
      return number(value);
  }
}

/** Whole seconds, rounded down: an age never runs ahead. `-` for what has none. */
export function age(seconds: number | null): string {
  if (seconds === null) return '-';
  const whole = Math.floor(seconds);
  return whole < 1 ? '0s' : formatDuration(whole * 1000);
}

/** `14:02:11 UTC (2m 49s)`. */
export const sinceText = (since: string, now: number): string =>
  `${formatInstant(Date.parse(since), now)} (${age((now - Date.parse(since)) / 1000)})`;

/** Upper case for what needs a person. */
export const statusWord = (status: 'ok' | 'problem' | 'unknown' | 'absent'): string =>
  status === 'ok' || status === 'absent' ? status : status.toUpperCase();

/** `m1, m2 and m3`; more than `most` are counted. */
export function listNames(names: readonly string[], most = 5): string {
  const shown = names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names;
  const last = shown.at(-1) ?? 'nobody';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}

/** The text in lines of at most {@link WIDTH}; words longer than that stay whole. */
export function wrap(text: string, first: string, rest: string): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

export const cutTo = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;

export const end = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** Three significant digits, without an exponent for what people read. */
function number(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** Numbers, durations and instants as people read them. Times of day are UTC: a cluster spans time zones. */

const SPACE = '\u00a0';

export type Unit = 'seconds' | 'bytes' | 'ratio' | 'number';

/** The unit of a reading is the end of its name: `fsync_p99_seconds`, `read_bytes_per_second`. */
export function unitOf(reading: string): Unit {
  const name = reading.replace(/_per_second$/, '');
  if (name.endsWith('_seconds') || name === 'seconds') return 'seconds';
  if (name.endsWith('_bytes') || name === 'bytes') return 'bytes';
  if (name.endsWith('_ratio') || name === 'ratio') return 'ratio';
  return 'number';
}

/** A value with the unit that its reading's name states: `4.2 ms`, `3.1 GiB`, `87 %`. */
export function formatReading(reading: string, value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const text = FORMATS[unitOf(reading)](value);
  return reading.endsWith('_per_second') ? `${text}/s` : text;
}

/** How long a run took. The agent rounds to milliseconds, and nothing takes none. */
export const formatTook = (seconds: number): string =>
  seconds < 0.001 ? `<${SPACE}1${SPACE}ms` : formatSeconds(seconds);

/** The name of a reading in words, for one that the catalogue does not know: `fsync p99`. */
export function readingWords(reading: string): string {
  const words = reading.replace(/_(seconds|bytes|ratio|total|count)(?=_per_second$|$)/, '').replaceAll('_', ' ');
  return words === '' ? reading : words;
}

const DURATION_UNITS = [
  { seconds: 86_400, name: 'd' },
  { seconds: 3600, name: 'h' },
  { seconds: 60, name: 'm' },
  { seconds: 1, name: 's' },
] as const;

/** A duration in its two largest units: `3d 4h`, `12m 5s`, `4s`. Below a second it is `0s`. */
export function formatDuration(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const unit of DURATION_UNITS) {
    const count = Math.floor(rest / unit.seconds);
    rest -= count * unit.seconds;
    if (count > 0) parts.push(`${count}${unit.name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
}

/** `02:14:05` (UTC). */
export const formatClock = (at: number): string => new Date(at).toISOString().slice(11, 19);

/** `2026-11-20` (UTC). */
export const formatDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The time of day, with the date on any other day than today's: `02:14:05`, `2026-11-19 23:58:00`. */
export function formatInstant(at: number, now: number): string {
  return formatDay(at) === formatDay(now) ? formatClock(at) : `${formatDay(at)} ${formatClock(at)}`;
}

/** Short, beside a name: `03:12Z`, with the day on any other day: `11-19 03:12Z`. */
export function formatMinute(at: number, now: number): string {
  const text = new Date(at).toISOString();
  return `${formatDay(at) === formatDay(now) ? '' : `${text.slice(5, 10)} `}${text.slice(11, 16)}Z`;
}

/** Date and time, for a ticket that is read on another day: `2026-11-20 02:14:05 UTC`. */
export const formatFull = (at: number): string => `${formatDay(at)} ${formatClock(at)} UTC`;

/** The same by this browser's clock: `2026-11-20 03:14:05`. */
export function formatLocal(at: number): string {
  const local = at - new Date(at).getTimezoneOffset() * 60_000;
  return `${formatDay(local)} ${formatClock(local)}`;
}

/** A text from elsewhere as a sentence among others. */
export const asSentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** `1 check`, `2 checks`. */
export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const FORMATS: Readonly<Record<Unit, (value: number) => string>> = {
  seconds: formatSeconds,
  bytes: formatBytes,
  ratio: formatRatio,
  number: formatNumber,
};

function formatSeconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return `0${SPACE}s`;
  if (size < 0.000_999_5) return `${digits(value * 1e6)}${SPACE}µs`;
  if (size < 0.9995) return `${digits(value * 1e3)}${SPACE}ms`;
  if (size < 60) return `${digits(value)}${SPACE}s`;
  return `${value < 0 ? '-' : ''}${formatDuration(size)}`;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function formatBytes(value: number): string {
  let size = value;
  let unit = 0;
  // 1023.95 and more would be shown as 1024 of the smaller unit.
  while (Math.abs(size) >= 1023.95 && unit < BINARY.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? formatNumber(size) : digits(size)}${SPACE}${BINARY[unit]}`;
}

/** Close to a limit the decimals matter: 99.96 % of the inodes is not 100 %. */
function formatRatio(value: number): string {
  const percent = value * 100;
  const text = percent > 99 && percent < 100 ? Math.min(percent, 99.99).toFixed(2) : digits(percent);
  return `${text}${SPACE}%`;
}

/** `1,234.568`. Not with `Intl`: the first of its formats takes a slow machine as long as everything that is drawn first. */
function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size > 0 && size < 0.01) return value.toPrecision(2);
  const [whole = '', fraction = ''] = value.toFixed(3).split('.');
  const rest = fraction.replace(/0+$/, '');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest === '' ? '' : `.${rest}`}`;
}

/** Three significant digits, without an exponent and without zeros that say nothing. */
function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  const text = value.toFixed(size < 0.01 ? 4 : decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Text for people, and text from elsewhere made harmless. */

/** Control, bidirectional and escape characters: they could forge a line or colour a terminal. */
// oxlint-disable-next-line no-control-regex -- these are the characters to remove
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** One line without harmful characters, cut to `maxLength` characters. */
export function cleanText(text: string, maxLength = 300): string {
  const clean = text.replace(HARMFUL, ' ').trim();
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1)}…`;
}

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'm' },
  { ms: 1000, name: 's' },
] as const;

/** A duration in its two largest units: `3d 4h`, `12m 5s`, `4s`, `120ms`. */
export function formatDuration(durationMs: number): string {
  const total = Math.max(0, Math.round(durationMs));
  if (total < 1000) return `${total}ms`;
  let rest = total;
  const parts: string[] = [];
  for (const unit of UNITS) {
    const count = Math.floor(rest / unit.ms);
    rest -= count * unit.ms;
    if (count > 0) parts.push(`${count}${unit.name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A size with a binary unit: `3.2 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < BINARY.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${BINARY[unit]}`;
}

/** A point in time as people say it: the time of day today, with the date on any other day; UTC. */
export function formatInstant(at: number, now: number): string {
  const iso = new Date(at).toISOString();
  const time = iso.slice(11, 19);
  return iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10)
    ? `${time} UTC`
    : `${iso.slice(0, 10)} ${time} UTC`;
}

/** A time as people type it, as the API takes it. */

/** A full date and time with its zone, Unix seconds, or relative as the API has it: passed on as it is. */
const OF_THE_API =
  /^(now|-\d+[smhd]|\d{5,}(\.\d+)?|\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d))$/;
const DAY_MS = 86_400_000;
const WORDS: Readonly<Record<string, string>> = { second: 's', sec: 's', minute: 'm', min: 'm', hour: 'h', day: 'd' };

/** What {@link instantOf} takes, for a usage. */
export const INSTANT_FORMS = '14:02, 2h ago, 2026-01-01 14:02 or 2026-01-01T14:02:11Z; without a zone it is UTC';

/**
 * `14:02` and `14:02:11` are the last such time, in UTC like all that is printed; `2026-01-01 14:02` is UTC, too.
 *
 * @param now Unix ms
 * @returns undefined for what is no time
 */
export function instantOf(text: string, now: number): string | undefined {
  const trimmed = text.trim();
  if (OF_THE_API.test(trimmed)) return trimmed;
  return relative(trimmed) ?? timeOfDay(trimmed, now) ?? dated(trimmed);
}

function relative(text: string): string | undefined {
  const match = /^(\d{1,6}) ?([smhd]|[a-z]+?)s?( ago)?$/.exec(text);
  if (match === null) return undefined;
  const [, count, word = ''] = match;
  const unit = /^[smhd]$/.test(word) ? word : WORDS[word];
  return unit === undefined ? undefined : `-${count}${unit}`;
}

function timeOfDay(text: string, now: number): string | undefined {
  const match = /^(\d{1,2})(:\d\d(?::\d\d)?)$/.exec(text);
  if (match === null) return undefined;
  const [, hour = '', rest = ''] = match;
  const at = Date.parse(`${new Date(now).toISOString().slice(0, 10)}T${hour.padStart(2, '0')}${rest}Z`);
  return Number.isNaN(at) ? undefined : new Date(at > now ? at - DAY_MS : at).toISOString();
}

function dated(text: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?$/.test(text)) return undefined;
  const at = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** A time as people give it on the command line. */
const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of `90s`, `45m`, `2h` or `1d`; undefined for anything else. */
export function secondsIn(time: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d{1,7})([smhd])$/.exec(time) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS] ?? Number.NaN);
  return seconds > 0 ? seconds : undefined;
}

/** Units and instants as the API writes them. */

/** The unit that a reading's name ends with; `count` for what is counted. */
export function unitOf(reading: string): string {
  const last =
    reading
      .replace(/_total$/, '')
      .split('_')
      .at(-1) ?? '';
  return ['seconds', 'bytes', 'ratio', 'celsius'].includes(last) ? last : 'count';
}

/** Milliseconds as seconds, exact to the millisecond. */
export const toSeconds = (ms: number): number => Math.round(ms) / 1000;

/** RFC 3339. A time that no calendar has becomes the epoch: one odd stamp must not cost the whole answer. */
export function toInstant(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
